// npm test: installs, finds Redis, runs the suite against one of its own.
// COVERAGE=on npm test also measures which lines were run, and asks for 95 % of them; it takes a quarter longer.
// npm test -- test/lib/some.test.ts runs some files.
// npm run fuzz sends 50 000 generated requests; npm test sends 2 500 of them.
// npm run test:long runs the proofs of the data sets with larger numbers: 50 crashes, minutes of replicas that
// are stopped again and again, files of 2 GiB, an archive of 12 000 files, one that is damaged at every byte; a session
// that is refreshed 10 000 times; 10 000 hostile calls; and a killed process for each action of the audit log that is
// recorded by a call of its own. It takes about half an hour and 12 GiB in the folder for temporary files.
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
import { shared, testFiles } from './steps/suite.js'

const LEAST_COVERAGE = 95
const LONG = {
  CRASH_ROUNDS: '50', FILES_AT_ONCE: '100', FILES_WHILE_STOPPED: '400', SECONDS_OF_STOPS: '300', LARGE_MIB: '2048', ARCHIVE_FILES: '12000', DAMAGED_EVERY: '1', REFRESHES: '10000', AUDIT_KILLS: 'all', HOSTILE_CALLS: '10000', READY_SECONDS: '10'
}
/** Proofs that are run by hand: their files, and how much of everything. */
const PROOFS = {
  '--long': {
    files: ['main/datasets-crash', 'main/datasets-replicas', 'main/datasets-large', 'main/datasets-hostile', 'lib/datasets/archive/read', 'lib/datasets/archive/roundtrip', 'lib/sessions/footprint', 'main/audit'].map(name => `test/${name}.test.ts`),
    env: LONG
  },
  '--fuzz': { files: ['test/fuzz.test.ts'], env: { FUZZ_REQUESTS: '50000' } }
}

ensurePackages({ dev: true })
ensureBuild()
const program = await ensureRedis()
const folder = mkdtempSync(join(tmpdir(), 'guardcell-test-'))
const redis = await runRedis(program, folder)
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }))

const proof = PROOFS[process.argv[2]]
const named = proof?.files ?? process.argv.slice(2)
const isMeasured = process.env.COVERAGE === 'on' && named.length === 0
const pace = proof ? ['--jobs', '1', '--timeout', '3600'] : ['--jobs', String(availableParallelism() + 1)]
const coverage = isMeasured ? ['--allow-incomplete-coverage', '--coverage-report=json-summary'] : ['--disable-coverage', '--allow-empty-coverage']
const files = named.length > 0 ? named : shared(testFiles())
const tap = [inProject('node_modules/.bin/tap'), ...coverage, ...pace]
if (!existsSync(inProject('.tap/plugins'))) spawnSync(process.execPath, [tap[0], 'build'], { cwd: inProject('.'), stdio: 'inherit' })
const run = spawn(process.execPath, [...tap, ...files], {
  cwd: inProject('.'), stdio: 'inherit', env: { ...proof?.env, ...process.env, REDIS_URL: redis.url, REDIS_SERVER: program, FASTIFY_AUTOLOAD_TYPESCRIPT: '1' }
})
// The tests end first, then their Redis.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => run.kill(signal))
const [status] = await once(run, 'exit')
if (status !== 0) process.exit(status ?? 1)
if (!isMeasured) process.exit(0)

const { total } = JSON.parse(readFileSync(inProject('.tap/report/coverage-summary.json'), 'utf8'))
say(`${total.lines.pct} % of the lines of lib, plugins and routes were run; ${LEAST_COVERAGE} % are asked for`)
if (!(total.lines.pct >= LEAST_COVERAGE)) giveUp(`The coverage is under ${LEAST_COVERAGE} %: see npx tap report`)
