import { spawn } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { alone, block, isAlive, onWayOut, pidIn, release, take } from './processes.js'
import { giveUp, say } from './say.js'

const LONGEST_SOCKET_PATH = 100
const SILENCE_MS = 30_000
const STOP_MS = 10_000

/**
 * Runs a Redis of our own in a folder: append-only file, reachable through a socket there and by no port.
 * One that an earlier run left behind is taken over; runs at the same time share one, and the last ends it.
 * @returns {Promise<{ url: string }>}
 */
export async function runRedis (program, folder) {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.W_OK)
  } catch (error) {
    giveUp(`STATE_DIR cannot be written: ${folder} (${error.code}).`, 'Set STATE_DIR to a folder that this user may write to.')
  }
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
    /** The process of one that this run started and that is gone. */
    dead: 0
  }
  onWayOut(() => leave(redis))
  await alone(redis.lock, async () => {
    writeFileSync(noteOf(folder, process.pid), '')
    const state = await settle(path, ['ready', 'none'])
    if (state === 'none') await start(redis)
    else if (state === 'ready') redis.used = true
    else giveUp(`The Redis that runs in ${folder} does not answer (process ${pidIn(redis.pid)}).`)
  })
  return { url: path.startsWith('/') ? `unix:${path}` : `unix://${path}` }
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

/** Whether there is a Redis behind a socket: 'none', 'silent', 'loading' or 'ready'. */
const probe = path => new Promise(resolve => {
  const socket = connect(path)
  const end = state => { socket.destroy(); resolve(state) }
  socket.setTimeout(1_000, () => end('silent'))
  socket.on('error', () => end('none'))
  socket.on('connect', () => socket.write('PING\r\n'))
  socket.on('data', data => end(data.toString().startsWith('+PONG') ? 'ready' : 'loading'))
})

async function start (redis) {
  say('starting Redis')
  rmSync(redis.socket, { force: true })
  // Notes of runs that were killed: their numbers may belong to other processes by now.
  for (const pid of runsIn(redis.folder)) if (pid !== process.pid) rmSync(noteOf(redis.folder, pid), { force: true })
  const log = openSync(redis.log, 'a')
  // A process group of its own: Ctrl-C must end the service first.
  const child = spawn(redis.program, [
    '--port', '0', '--unixsocket', 'redis.sock', '--unixsocketperm', '700', '--dir', redis.folder, '--pidfile', 'redis.pid', '--daemonize', 'no',
    '--appendonly', 'yes', '--appendfsync', 'always', '--save', '', '--maxmemory-policy', 'noeviction'
  ], { stdio: ['ignore', log, log], detached: true, cwd: redis.folder })
  child.unref()
  const gone = () => redis.dead === child.pid
  child.once('error', () => { redis.dead = child.pid })
  child.once('exit', () => { redis.dead = child.pid })
  if (child.pid !== undefined) {
    writeFileSync(redis.pid, String(child.pid))
    redis.used = true
  }
  if (await settle(redis.path, ['ready'], gone) === 'ready') return
  giveUp('Redis did not start. What it says:', '', readFileSync(redis.log, 'utf8').split('\n').slice(-8).join('\n'))
}

/**
 * Waits until the Redis behind a socket is in one of these states: as long as it loads its data, but not
 * for one that stays silent or is gone.
 * @returns the state it was in last
 */
async function settle (path, states, isGone = () => false) {
  let told = false
  for (let heard = Date.now(); ; await sleep(50)) {
    const state = await probe(path)
    if (states.includes(state) || isGone() || Date.now() - heard > SILENCE_MS) return state
    if (state !== 'loading') continue
    heard = Date.now()
    if (!told) say('Redis is loading its data')
    told = true
  }
}

/** Ends the Redis unless another run uses it, and waits for it: the next start must not meet a dying one. */
function leave (redis) {
  rmSync(noteOf(redis.folder, process.pid), { force: true })
  // A run that is starting at this moment takes it over.
  if (!take(redis.lock)) return
  const pid = pidIn(redis.pid)
  if (redis.used && pid !== 0 && pid !== redis.dead && isAlive(pid) && !runsIn(redis.folder).some(isAlive)) {
    process.kill(pid, 'SIGTERM')
    // Its last act is to remove the socket; its process is a child of ours, whose end cannot be seen from here.
    for (let waited = 0; existsSync(redis.socket) && waited < STOP_MS; waited += 10) block(10)
    rmSync(redis.pid, { force: true })
  }
  release(redis.lock)
}
