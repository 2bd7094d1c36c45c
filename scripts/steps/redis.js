import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { delimiter, join, relative, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { giveUp, say } from './say.js'

const PROGRAMS = ['redis-server', 'valkey-server']
const LONGEST_SOCKET_PATH = 100

/** The Redis program on PATH, or undefined. */
export const findRedis = () => (process.env.PATH ?? '').split(delimiter)
  .flatMap(folder => PROGRAMS.map(program => join(folder, program)))
  .find(existsSync)

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
  const apt = args => spawnSync('apt-get', ['-q', ...args], { stdio: ['ignore', 'inherit', 'inherit'], env }).status === 0
  const installed = await withoutServices(() => apt(['install', '-y', '--no-install-recommends', 'redis-server']) ||
    (apt(['update']) && apt(['install', '-y', '--no-install-recommends', 'redis-server'])))
  if (!installed) giveUp('redis-server could not be installed, see above. To try by hand:', '', '  apt-get update && apt-get install redis-server')
  // Guardcell runs a Redis of its own; Debian's service would only take port 6379.
  spawnSync('systemctl', ['disable', 'redis-server'], { stdio: 'ignore' })
}

/** Debian asks this file whether a freshly installed service may start. */
async function withoutServices (act) {
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return act()
  } finally {
    if (ours) rmSync(policy, { force: true })
  }
}

const answers = path => new Promise(done => {
  const socket = connect(path)
  const end = answer => { socket.destroy(); done(answer) }
  socket.setTimeout(1_000, () => end(false))
  socket.on('error', () => end(false))
  socket.on('connect', () => socket.write('PING\r\n'))
  socket.on('data', data => end(data.toString().startsWith('+PONG')))
})

const isAlive = pid => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/**
 * Runs a Redis of our own in a folder: append-only file, reachable through a socket there and by no port.
 * One that an earlier run left behind is taken over.
 * @returns {Promise<{ url: string, stop: () => void }>}
 */
export async function runRedis (program, folder) {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    giveUp(`STATE_DIR cannot be written: ${folder} (${error.code}).`, 'Set STATE_DIR to a folder that this user may write to.')
  }
  const socket = resolve(folder, 'redis.sock')
  const near = relative(process.cwd(), socket)
  // Sockets have short names at most; a relative one reaches as far.
  const path = socket.length <= LONGEST_SOCKET_PATH ? socket : near
  if (path.length > LONGEST_SOCKET_PATH) giveUp(`STATE_DIR is too deep for a socket: ${folder}.`, 'Set STATE_DIR to a shorter path, or REDIS_URL to a Redis that runs.')
  const notes = { pid: join(folder, 'redis.pid'), owner: join(folder, 'owner.pid') }
  const pidOf = file => existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0

  if (!await answers(path)) await start(program, folder, path, notes.pid)
  const stranger = pidOf(notes.owner)
  // Another run that still lives keeps the Redis that it started.
  const shared = stranger !== 0 && stranger !== process.pid && isAlive(stranger)
  if (!shared) writeFileSync(notes.owner, String(process.pid))
  return {
    url: `unix:${resolve(path)}`.length <= LONGEST_SOCKET_PATH + 5 ? `unix:${resolve(path)}` : `unix:${path}`,
    stop: () => {
      if (shared) return
      rmSync(notes.owner, { force: true })
      const pid = pidOf(notes.pid)
      if (pid !== 0 && isAlive(pid)) process.kill(pid, 'SIGTERM')
    }
  }
}

async function start (program, folder, socket, pidFile) {
  say('starting Redis')
  const log = openSync(join(folder, 'redis.log'), 'a')
  // A process group of its own: Ctrl-C must end the service first.
  const child = spawn(program, [
    '--port', '0', '--unixsocket', resolve(socket), '--unixsocketperm', '700', '--dir', resolve(folder), '--pidfile', resolve(pidFile), '--daemonize', 'no',
    '--appendonly', 'yes', '--appendfsync', 'always', '--save', '', '--maxmemory-policy', 'noeviction'
  ], { stdio: ['ignore', log, log], detached: true })
  child.unref()
  let exited = false
  child.once('exit', () => { exited = true })
  child.once('error', () => { exited = true })
  for (let waited = 0; waited < 30_000; waited += 50) {
    if (await answers(socket)) {
      writeFileSync(pidFile, String(child.pid))
      return
    }
    if (exited) break
    await sleep(50)
  }
  giveUp('Redis did not start. What it says:', '', readFileSync(join(folder, 'redis.log'), 'utf8').split('\n').slice(-8).join('\n'))
}
