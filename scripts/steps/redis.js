import { spawn } from 'node:child_process'
import { existsSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { block, hold, isAlive, onWayOut, pidIn, release, take } from './processes.js'
import { settle } from './redis-state.js'
import { giveUp, say } from './say.js'

export { ensureRedis } from './redis-program.js'

const LONGEST_SOCKET_PATH = 100
const STOP_MS = 10_000

/**
 * Runs a Redis of our own in a folder: append-only file, reachable through a socket there and by no port.
 * One that an earlier run left behind is taken over; runs at the same time share one, and the last ends it.
 * @returns {Promise<{ url: string, stop: () => void }>} `stop` is called on every way out of this process
 */
export async function runRedis (program, folder) {
  // Of the build, which is there by now.
  const { checkFolders } = await import('../../dist/lib/boot/check-folders.js')
  await checkFolders([{ setting: 'STATE_DIR', path: folder, mode: 0o700 }])
    .catch(({ message }) => giveUp(`${message}.`, 'Set STATE_DIR to a folder that this user may write to.'))
  const path = socketIn(folder)
  const redis = {
    program,
    folder,
    path,
    socket: join(folder, 'redis.sock'),
    log: join(folder, 'redis.log'),
    pid: join(folder, 'redis.pid'),
    lock: join(folder, 'starting.pid'),
    /** Whether this run uses it, and so may have to end it. */
    used: false,
    /** The process that this run started, and whether it is gone. */
    started: 0,
    gone: false
  }
  const stop = () => leave(redis)
  hold(redis.lock)
  onWayOut(stop)
  writeFileSync(noteOf(folder, process.pid), '')
  const state = await settle(path, ['ready', 'none'])
  if (state === 'none') await start(redis)
  else if (state === 'ready') redis.used = true
  else giveUp(`The Redis that runs in ${folder} does not answer (process ${pidIn(redis.pid)}).`)
  release(redis.lock)
  return { url: path.startsWith('/') ? `unix:${path}` : `unix://${path}`, stop }
}

/** Sockets have short names at most; where the whole path is too long, one relative to here may do. */
function socketIn (folder) {
  const socket = join(folder, 'redis.sock')
  const path = socket.length <= LONGEST_SOCKET_PATH ? socket : relative(process.cwd(), socket)
  if (path.length > LONGEST_SOCKET_PATH) giveUp(`STATE_DIR is too deep for a socket: ${folder}.`, 'Set STATE_DIR to a shorter path, or REDIS_URL to a Redis that runs.')
  return path
}

const noteOf = (folder, pid) => join(folder, `run.${pid}`)

/** The process ids of the runs that use the Redis in a folder. */
const runsIn = folder => readdirSync(folder).filter(name => /^run\.\d+$/.test(name)).map(name => Number(name.slice(4)))

async function start (redis) {
  say('starting Redis')
  rmSync(redis.socket, { force: true })
  // Notes of runs that were killed: their numbers may belong to other processes by now.
  for (const pid of runsIn(redis.folder)) if (pid !== process.pid) rmSync(noteOf(redis.folder, pid), { force: true })
  const log = openSync(redis.log, 'a')
  // A process group of its own: Ctrl-C must end the service first.
  const child = spawn(redis.program, [
    '--port', '0', '--unixsocket', 'redis.sock', '--unixsocketperm', '700', '--dir', redis.folder, '--daemonize', 'no',
    '--appendonly', 'yes', '--appendfsync', 'always', '--save', '', '--maxmemory-policy', 'noeviction'
  ], { stdio: ['ignore', log, log], detached: true, cwd: redis.folder })
  child.unref()
  const onGone = () => { redis.gone = true }
  child.once('error', onGone)
  child.once('exit', onGone)
  if (child.pid !== undefined) {
    writeFileSync(redis.pid, String(child.pid))
    redis.started = child.pid
    redis.used = true
  }
  if (await settle(redis.path, ['ready'], () => redis.gone) === 'ready') return
  giveUp('Redis did not start. What it says:', '', readFileSync(redis.log, 'utf8').split('\n').slice(-8).join('\n'))
}

/** Ends the Redis unless another run uses it, and waits for it: the next start must not meet a dying one. */
function leave (redis) {
  const hasFolder = existsSync(redis.folder)
  rmSync(noteOf(redis.folder, process.pid), { force: true })
  // A run that is starting at this moment takes it over.
  if (hasFolder && !take(redis.lock)) return
  const pid = hasFolder ? pidIn(redis.pid) : redis.started
  const isGone = pid === 0 || !isAlive(pid) || (redis.gone && pid === redis.started)
  if (redis.used && !isGone && !(hasFolder && runsIn(redis.folder).some(isAlive))) end(redis, pid)
  redis.used = false
  release(redis.lock)
}

function end (redis, pid) {
  process.kill(pid, 'SIGTERM')
  // Its last act is to remove the socket; its process is a child of ours, whose end cannot be seen from here.
  for (let waited = 0; existsSync(redis.socket) && waited < STOP_MS; waited += 10) block(10)
  rmSync(redis.pid, { force: true })
}
