import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { giveUp, say } from './say.js'

const PROGRAMS = ['redis-server', 'valkey-server']

const isProgram = file => {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

/** The Redis program on PATH, or undefined. */
export const findRedis = () => (process.env.PATH ?? '').split(delimiter)
  .filter(folder => folder !== '')
  .flatMap(folder => PROGRAMS.map(program => join(folder, program)))
  .find(isProgram)

const isRoot = () => process.getuid?.() === 0
const hasApt = () => spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status === 0

/** The Redis program, installed through apt where that is possible; else says what to type and ends. */
export async function ensureRedis () {
  const found = findRedis()
  if (found) return found
  if (!isRoot() || !hasApt()) {
    giveUp(
      'Guardcell needs Redis 6.2 or newer (or Valkey), and there is none on this machine. Install it with one of these:',
      '', '  sudo apt-get install redis-server', '  brew install redis', '  docker run -d -p 6379:6379 redis:7   (then: REDIS_URL=redis://127.0.0.1:6379 npm start)',
      '', 'or say where one is: REDIS_URL=redis://host:6379 npm start'
    )
  }
  await installByApt()
  const installed = findRedis()
  if (!installed) giveUp('apt installed redis-server, but it is not on PATH. Set REDIS_URL to a Redis that runs.')
  return installed
}

async function installByApt () {
  say('there is no Redis on this machine; installing redis-server through apt')
  if (process.stdin.isTTY) {
    say('press Ctrl-C within 5 seconds if you would rather not')
    await sleep(5_000)
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = args => spawnSync('apt-get', ['-q', ...args], { stdio: ['ignore', 'inherit', 'inherit'], env })
  const install = () => apt(['install', '-y', '--no-install-recommends', 'redis-server'])
  // The lists of packages may be missing or stale; what a signal ended is not tried again.
  const installed = withoutServices(() => {
    const first = install()
    if (first.status === 0 || first.signal) return first.status === 0
    return apt(['update']).status === 0 && install().status === 0
  })
  if (!installed) giveUp('redis-server could not be installed, see above. To try by hand:', '', '  apt-get update && apt-get install redis-server')
  // Guardcell runs a Redis of its own; Debian's service would only take port 6379.
  spawnSync('systemctl', ['disable', 'redis-server'], { stdio: 'ignore' })
}

/** Debian asks this file whether a freshly installed service may start. It must not stay behind, whatever happens. */
function withoutServices (act) {
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  // Ctrl-C ends apt; without a listener it would end this process before it has cleaned up.
  const ignore = () => {}
  process.on('SIGINT', ignore)
  process.on('SIGTERM', ignore)
  try {
    return act()
  } finally {
    if (ours) rmSync(policy, { force: true })
    process.off('SIGINT', ignore)
    process.off('SIGTERM', ignore)
  }
}
