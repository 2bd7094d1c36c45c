import { resolve } from 'node:path'
import { ensureBuild } from './build.js'
import { ensurePackages } from './packages.js'
import { ensureRedis, runRedis } from './redis.js'
import { inProject } from './root.js'

/** Makes a checkout ready for the command line: packages and a build. */
export function prepare () {
  ensurePackages({ dev: false })
  ensureBuild()
}

/** For a command that needs the service: a Redis, unless one is named. */
export async function provideRedis () {
  process.env.STATE_DIR = resolve(process.env.STATE_DIR || inProject('.data'))
  if (process.env.REDIS_URL) return { stop: () => {} }
  const redis = await runRedis(await ensureRedis(), resolve(process.env.STATE_DIR, 'redis'))
  process.env.REDIS_URL = redis.url
  return redis
}
