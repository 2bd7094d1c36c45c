// npm start: installs, builds, finds or starts Redis, and serves. Needs nothing but Node.js and npm.
import { resolve } from 'node:path'
import { ensureBuild } from './steps/build.js'
import { ensurePackages } from './steps/packages.js'
import { mindTerminal } from './steps/processes.js'
import { ensureRedis, runRedis } from './steps/redis.js'
import { inProject } from './steps/root.js'

mindTerminal()
ensurePackages({ dev: false })
ensureBuild()
process.env.STATE_DIR = resolve(process.env.STATE_DIR || inProject('.data'))

if (!process.env.REDIS_URL) {
  const { url } = await runRedis(await ensureRedis(), resolve(process.env.STATE_DIR, 'redis'))
  process.env.REDIS_URL = url
}
await import('../dist/lib/main.js')
