#!/usr/bin/env node
// The command line: node bin/guardcell.js <command>. Uses the Redis of REDIS_URL, else the one of npm start.
import { resolve } from 'node:path'
import { ensureBuild } from '../scripts/steps/build.js'
import { ensurePackages } from '../scripts/steps/packages.js'
import { ensureRedis, runRedis } from '../scripts/steps/redis.js'
import { inProject } from '../scripts/steps/root.js'

ensurePackages({ dev: false })
ensureBuild()
process.env.STATE_DIR = resolve(process.env.STATE_DIR || inProject('.data'))
const redis = process.env.REDIS_URL ? undefined : await runRedis(await ensureRedis(), resolve(process.env.STATE_DIR, 'redis'))
if (redis) process.env.REDIS_URL = redis.url

const { runCommand } = await import('../dist/lib/cli.js')
const { code, text } = await runCommand(process.argv.slice(2), process.env)
;(code === 0 ? process.stdout : process.stderr).write(text)
redis?.stop()
process.exitCode = code
