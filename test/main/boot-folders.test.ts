import { execFileSync } from 'node:child_process'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ownPrefix } from '../support/app.js'
import { MAIN, run, START, stateDir, type Arguments, type Ended, type Env } from './process.js'

const CLI = 'bin/guardcell.js'
const doctor = { script: ['doctor'] }
const hanging = ['--import=./test/support/hanging-fs.js']
const redis = (): Env => ({ REDIS_URL: process.env.REDIS_URL ?? '', REDIS_PREFIX: ownPrefix(), PORT: '0', ADMIN_PASSWORD: 'correct horse battery' })

/** Runs what is to refuse. @returns what it says of folders */
async function refused (t: Test, script: string, env: Env, args?: Arguments): Promise<Ended & { faults: string[] }> {
  const began = performance.now()
  const ended = await run(t, script, env, undefined, args).ended
  t.comment(`${script}: ${Math.round(performance.now() - began)} ms`)
  t.equal(ended.code, 1, ended.stderr)
  t.notMatch(ended.stderr, /^ +at |Plugin did not start/m, 'no stack trace, and no plugin is blamed')
  return { ...ended, faults: ended.stderr.split('\n').map(line => line.replace(/^ {2}- /, '')).filter(line => /^(?:STATE|DATA)_DIR/.test(line)) }
}

/** A folder that never answers. */
async function lost (t: Test): Promise<{ folder: string, env: Env }> {
  const folder = join(await stateDir(t), 'mounted')
  const pipe = `${folder}.pipe`
  await mkdir(folder)
  execFileSync('mkfifo', [pipe])
  return { folder, env: { HANGING: folder, HANGING_PIPE: pipe } }
}

t.test('folders that cannot be made are refused by their names and variables', { skip: process.platform === 'linux' ? false : 'there is no /proc here' }, async t => {
  const fault = (setting: string, path: string): string => `${setting}: the folder ${path} cannot be made or written (ENOENT: no folder can be made in /proc)`
  const both = [fault('STATE_DIR', '/proc/guardcell'), fault('DATA_DIR', '/proc/other/deep/data')]
  const env = { ...redis(), STATE_DIR: '/proc/guardcell', DATA_DIR: '/proc/other/deep/data' }
  const [served, examined, started] = await Promise.all([refused(t, MAIN, env), refused(t, CLI, env, doctor), refused(t, START, { STATE_DIR: env.STATE_DIR })])
  t.strictSame(served.faults, both)
  t.strictSame(examined.faults, both)
  t.strictSame(started.faults, [`${fault('STATE_DIR', '/proc/guardcell/redis')}.`], 'also before there is a Redis')
})

t.test('a folder that never answers is refused, and the process ends although one of its threads does not', async t => {
  const { folder, env } = await lost(t)
  const state = await stateDir(t)
  const all = { ...redis(), ...env, STATE_DIR: state, DATA_DIR: folder }
  for (const { faults } of await Promise.all([refused(t, MAIN, all, { node: hanging }), refused(t, CLI, all, { node: hanging, ...doctor })])) {
    t.strictSame(faults, [`DATA_DIR: the folder ${folder} has not answered within 4 s; is what is mounted there away?`])
  }
  t.strictSame(await readdir(state), [], 'nothing was begun')
})
