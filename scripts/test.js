// npm test: installs, finds Redis, runs the suite against one of its own, and asks for 95 % of the lines.
// npm test -- test/lib/some.test.ts runs some files, without asking.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBuild } from './steps/build.js'
import { ensurePackages } from './steps/packages.js'
import { ensureRedis, runRedis } from './steps/redis.js'
import { inProject } from './steps/root.js'
import { giveUp, say } from './steps/say.js'

const LEAST_COVERAGE = 95

ensurePackages({ dev: true })
ensureBuild()
const program = await ensureRedis()
const folder = mkdtempSync(join(tmpdir(), 'guardcell-test-'))
const redis = await runRedis(program, folder)
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }))

const chosen = process.argv.slice(2)
const tap = [inProject('node_modules/.bin/tap'), '--allow-incomplete-coverage', '--coverage-report=json-summary', '--jobs', String(availableParallelism())]
if (!existsSync(inProject('.tap/plugins'))) spawnSync(process.execPath, [tap[0], 'build'], { cwd: inProject('.'), stdio: 'inherit' })
const run = spawn(process.execPath, [...tap, ...chosen], {
  cwd: inProject('.'), stdio: 'inherit', env: { ...process.env, REDIS_URL: redis.url, REDIS_SERVER: program, FASTIFY_AUTOLOAD_TYPESCRIPT: '1' }
})
// The tests end first, then their Redis.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => run.kill(signal))
const [status] = await once(run, 'exit')
if (status !== 0) process.exit(status ?? 1)
if (chosen.length > 0) process.exit(0)

const { total } = JSON.parse(readFileSync(inProject('.tap/report/coverage-summary.json'), 'utf8'))
say(`${total.lines.pct} % of the lines of lib, plugins and routes were run; ${LEAST_COVERAGE} % are asked for`)
if (!(total.lines.pct >= LEAST_COVERAGE)) giveUp(`The coverage is under ${LEAST_COVERAGE} %: see npx tap report`)
