import { Cluster, Redis } from 'ioredis'
import { askOnce, backoff, options, secured } from './node.js'
import { connectorOf } from './sentinel.js'
import { parseRedisUrl, type RedisTarget } from './url.js'

/** What the stores use of ioredis: one node, a Sentinel group or a cluster. */
export type RedisClient = Redis | Cluster

const factories: { [K in RedisTarget['kind']]: (target: Extract<RedisTarget, { kind: K }>) => RedisClient } = {
  single: ({ url }) => new Redis(url, options),
  socket: ({ path, ...credentials }) => new Redis({ ...options, ...secured({ tls: false, ...credentials }), path }),
  sentinel: target => new Redis({
    ...options,
    ...secured(target),
    ...(target.tls ? { enableTLSForSentinelMode: true } : {}),
    Connector: connectorOf(target),
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

/** Another client like one that has connected. At its start, too, one round of unreachable Sentinels is an error. */
export const duplicateOf = (redis: RedisClient): RedisClient =>
  redis instanceof Redis ? redis.duplicate({ sentinelRetryStrategy: () => null }) : redis.duplicate()

/**
 * Makes a client that has connected once reconnect for ever. Without it, a round in which no Sentinel is reachable or
 * knows a master, as there is one in each failover, would end the client for good.
 */
export function keepReconnecting (redis: RedisClient): void {
  if (redis instanceof Redis) redis.options.sentinelRetryStrategy = backoff
}

/** Why no node of a cluster could be used, where the client says only that they closed. @returns undefined if a node answers after all */
export async function whyClosed (target: Extract<RedisTarget, { kind: 'cluster' }>): Promise<unknown> {
  for (const node of target.nodes) {
    const error: unknown = await askOnce(node, target, 'PING').then(() => undefined, (error: unknown) => error)
    if (error) return error
  }
  return undefined
}
