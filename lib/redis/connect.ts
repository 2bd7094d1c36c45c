import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { parseRedisUrl, type Node, type RedisTarget } from './url.js'

/** What the stores use of ioredis: one node, a Sentinel group or a cluster. */
export type RedisClient = Redis | Cluster

/** Milliseconds before the next attempt to connect. */
function backoff (attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 6), 2_000)
}

/**
 * A call that waits in a queue for a connection would be answered long after its caller gave up, and one
 * that is sent twice would turn a rotation into a reuse. So: no offline queue, no resending, an answer or
 * an error within `commandTimeout`.
 */
const options = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: 5_000,
  connectTimeout: 5_000,
  protocol: 2,
  // CLIENT SETINFO would be one more right that a user needs.
  disableClientInfo: true,
  retryStrategy: backoff,
  // After a failover the old master refuses writes: leave it, so that the next connection finds the new one.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY')
} as const satisfies RedisOptions

const secured = ({ tls, username, password }: { tls: boolean, username?: string, password?: string }) => ({
  ...(username ? { username } : {}),
  ...(password ? { password } : {}),
  ...(tls ? { tls: {} } : {})
})

/** How the Sentinels themselves are spoken to: ioredis takes neither TLS nor credentials over from those of the data nodes. */
const sentinelHop = ({ tls, username, password }: Extract<RedisTarget, { kind: 'sentinel' }>) => ({
  ...(username ? { sentinelUsername: username } : {}),
  ...(password ? { sentinelPassword: password } : {}),
  ...(tls ? { sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
  sentinelCommandTimeout: options.commandTimeout
})

const factories: { [K in RedisTarget['kind']]: (target: Extract<RedisTarget, { kind: K }>) => RedisClient } = {
  single: ({ url }) => new Redis(url, options),
  socket: ({ path }) => new Redis({ ...options, path }),
  sentinel: target => new Redis({
    ...options,
    ...secured(target),
    ...sentinelHop(target),
    sentinels: target.nodes,
    name: target.name,
    db: target.db,
    // At the start, one round of unreachable Sentinels is an error; see keepReconnecting.
    sentinelRetryStrategy: () => null
  }),
  cluster: target => new Cluster(target.nodes, {
    lazyConnect: true,
    enableOfflineQueue: false,
    // A certificate names hosts: a node keeps its name until the name is verified.
    ...(target.tls ? { dnsLookup: (address: string, done: (error: null, address: string) => void) => { done(null, address) } } : {}),
    redisOptions: { ...options, ...secured(target) }
  })
}

/** A client for a Redis that `parseRedisUrl` has read, not yet connected. */
export function createClient (target: RedisTarget): RedisClient {
  const create = factories[target.kind] as (target: RedisTarget) => RedisClient
  return create(target)
}

/** A client for `REDIS_URL`, not yet connected. */
export const createRedis = (url: string): RedisClient => createClient(parseRedisUrl(url))

/**
 * Makes a client that has connected once reconnect for ever. Without it, a round in which no Sentinel is reachable or
 * knows a master, as there is one in each failover, would end the client for good.
 */
export function keepReconnecting (redis: RedisClient): void {
  if (redis instanceof Redis) redis.options.sentinelRetryStrategy = backoff
}

/** Sends one command to one node. @throws Error of the connection, such as that of its certificate, or of the command */
async function askOnce (node: Node, settings: ReturnType<typeof secured>, ...[command, ...words]: [string, ...string[]]): Promise<void> {
  const redis = new Redis({ ...options, ...settings, ...node, enableReadyCheck: false, retryStrategy: () => null })
  let last: Error | undefined
  redis.on('error', (error: Error) => { last = error })
  try {
    await redis.connect()
    await redis.call(command, ...words)
  } catch (error) {
    throw last ?? error
  } finally {
    redis.disconnect()
  }
}

/** Whether a Sentinel answers without credentials. @throws Error saying why it cannot be used */
const isOpen = (node: Node, { tls, name }: { tls: boolean, name: string }): Promise<boolean> =>
  askOnce(node, secured({ tls }), 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name).then(() => true, (error: Error) => {
    if (/^(NOAUTH|NOPERM)/.test(error.message)) return false
    throw error
  })

/**
 * Asks the first reachable Sentinel of a group whether it needs credentials, and lets the client send none if not: an
 * open Sentinel refuses a user that it does not know. Does nothing for other forms of `REDIS_URL`.
 * @throws Error of the last Sentinel if none is reachable
 */
export async function probeSentinels (redis: RedisClient, target: RedisTarget): Promise<void> {
  if (target.kind !== 'sentinel' || !(redis instanceof Redis)) return
  let last: unknown
  for (const node of target.nodes) {
    try {
      if (await isOpen(node, target)) Object.assign(redis.options, { sentinelUsername: null, sentinelPassword: null })
      return
    } catch (error) {
      last = error
    }
  }
  throw last
}

/** Why no node of a cluster could be used, where the client says only that they closed. @returns undefined if a node answers after all */
export async function whyClosed (target: Extract<RedisTarget, { kind: 'cluster' }>): Promise<unknown> {
  for (const node of target.nodes) {
    const error: unknown = await askOnce(node, secured(target), 'PING').then(() => undefined, (error: unknown) => error)
    if (error) return error
  }
  return undefined
}
