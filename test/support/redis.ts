import { spawn, type ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'

/** A Redis of the caller's own, on loopback, ended by pid. */
export interface PrivateRedis {
  url: string
  port: number
  dir: string
  /** Starts it again in the same folder after `stop` or `kill`. */
  start: () => Promise<void>
  /** Ends it in good order (SIGTERM). */
  stop: () => Promise<void>
  /** Ends it at once (SIGKILL). */
  kill: () => Promise<void>
  /** Ends it and removes its folder. */
  remove: () => Promise<void>
  pid: () => number
}

/**
 * Below the ports that the system gives to whoever asks for any (ip_local_port_range in ip(7)), and so are those ten
 * thousand above, on which a node of a cluster listens as well.
 */
const [LEAST_PORT, MOST_PORT] = [11_000, 20_999]

/** Holds the UDP port of a number for as long as this process lives. @returns whether nobody else holds it */
const reserve = (port: number): Promise<boolean> => new Promise(resolve => {
  const socket = createSocket('udp4').unref()
  socket.once('error', () => { resolve(false) })
  socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => { resolve(true) })
})

const isFree = (port: number): Promise<boolean> => new Promise(resolve => {
  const server = createServer()
  server.once('error', () => { resolve(false) })
  server.listen(port, '127.0.0.1', () => { server.close(() => { resolve(true) }) })
})

/**
 * A port on which nothing else of the tests listens, also before and while what is started on it does not: the
 * system gives it to nobody, and it belongs to the process that has the UDP port of the same number.
 */
export async function freePort (): Promise<number> {
  for (let tries = 0; tries < 1_000; tries++) {
    const port = randomInt(LEAST_PORT, MOST_PORT + 1)
    if (await reserve(port) && await isFree(port)) return port
  }
  throw new Error(`no port from ${LEAST_PORT} to ${MOST_PORT} can be had`)
}

async function answers (port: number, password: string | undefined): Promise<boolean> {
  const redis = new Redis({ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0, ...(password ? { password } : {}) })
  redis.on('error', () => {})
  try {
    await redis.connect()
    return await redis.ping() === 'PONG'
  } catch {
    return false
  } finally {
    redis.disconnect()
  }
}

/** Starts a Redis server. Further arguments are those of `redis-server`. */
export async function startRedis (...args: string[]): Promise<PrivateRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'guardcell-redis-'))
  const port = await freePort()
  const password = args.includes('--requirepass') ? args[args.indexOf('--requirepass') + 1] : undefined
  let child: ChildProcess | undefined

  const start = async (): Promise<void> => {
    child = spawn(process.env.REDIS_SERVER ?? 'redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--loglevel', 'warning', ...args], { stdio: 'ignore' })
    const deadline = Date.now() + 30_000
    while (!await answers(port, password)) {
      if (Date.now() > deadline) throw new Error('redis-server did not start')
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise(resolve => child!.once('exit', resolve))
    child.kill(signal)
    await gone
  }

  await start()
  return {
    url: `redis://${password ? `:${password}@` : ''}127.0.0.1:${port}`,
    port,
    dir,
    start,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    remove: async () => {
      await end('SIGKILL')
      await rm(dir, { recursive: true, force: true })
    },
    pid: () => child!.pid!
  }
}

/** Starts a Redis Cluster of one node that has all slots: calls over several slots fail as in a large one. */
export async function startCluster (): Promise<PrivateRedis> {
  const node = await startRedis('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1')
  const redis = new Redis(node.url)
  await redis.cluster('ADDSLOTSRANGE', 0, 16383)
  while (!String(await redis.cluster('INFO')).includes('cluster_state:ok')) await sleep(50)
  redis.disconnect()
  return { ...node, url: `redis+cluster://127.0.0.1:${node.port}` }
}
