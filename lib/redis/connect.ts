import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { parseRedisUrl, type RedisTarget } from './url.js'

/** What the stores use of ioredis: one node, a Sentinel group or a cluster. */
export type RedisClient = Redis | Cluster

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
  retryStrategy: (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000),
  // One round of unreachable Sentinels is told at once; retryStrategy begins the next.
  sentinelRetryStrategy: () => null,
  // After a failover the old master refuses writes: leave it, so that the next connection finds the new one.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY')
} as const satisfies RedisOptions

const secured = ({ tls, username, password }: { tls: boolean, username?: string, password?: string }) => ({
  ...(username ? { username } : {}),
  ...(password ? { password } : {}),
  ...(tls ? { tls: {} } : {})
})

const factories: { [K in RedisTarget['kind']]: (target: Extract<RedisTarget, { kind: K }>) => RedisClient } = {
  single: ({ url }) => new Redis(url, options),
  socket: ({ path }) => new Redis({ ...options, path }),
  sentinel: target => new Redis({ ...options, ...secured(target), sentinels: target.nodes, name: target.name, db: target.db }),
  cluster: target => new Cluster(target.nodes, {
    lazyConnect: true,
    enableOfflineQueue: false,
    redisOptions: { ...options, ...secured(target) }
  })
}

/** A client for `REDIS_URL`, not yet connected. */
export function createRedis (url: string): RedisClient {
  const target = parseRedisUrl(url)
  const create = factories[target.kind] as (target: RedisTarget) => RedisClient
  return create(target)
}
