import type { RedisClient } from './connect.js'

/** Knows when the Redis behind the connection became another one: it was restarted, restored or failed over. */
export interface Incidents {
  /**
   * Compares the run id of Redis with the one noted last, and notes it. To be called on each connection.
   * @returns whether it is another one, and not merely the first
   */
  check: () => Promise<boolean>
  /** Whether such a change was noted within the last day. */
  recent: () => Promise<boolean>
}

const REMEMBERED_MS = 86_400_000

/** Notes run ids in the Redis hash `key`, so that replicas and restarts of the service share the knowledge. */
export function createIncidents ({ redis, key, now }: { redis: RedisClient, key: string, now: () => number }): Incidents {
  return {
    check: async () => {
      const runId = /^run_id:(\w+)/m.exec(await redis.info('server'))?.[1] ?? ''
      const noted = await redis.hget(key, 'run_id')
      if (noted === runId) return false
      await redis.hset(key, 'run_id', runId)
      if (noted === null) return false
      await redis.hset(key, 'changed', now())
      return true
    },
    recent: async () => now() - Number(await redis.hget(key, 'changed') ?? -Infinity) < REMEMBERED_MS
  }
}
