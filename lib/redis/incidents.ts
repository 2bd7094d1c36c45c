import type { RedisClient } from './connect.js'
import { isRefusal } from './outage.js'

/** Knows when the Redis behind the connection became another one: it was restarted, restored or failed over. */
export interface Incidents {
  /**
   * Compares the run id of Redis with the one noted last, and notes it. To be called on each connection.
   * @returns whether it is another one, and not merely the first; true if this user may not run INFO, as it cannot be told
   */
  check: () => Promise<boolean>
  /** Whether such a change was noted within the last day. */
  recent: () => Promise<boolean>
}

const REMEMBERED_MS = 86_400_000

async function runIdOf (redis: RedisClient): Promise<string | undefined> {
  try {
    return /^run_id:(\w+)/m.exec(await redis.info('server'))?.[1] ?? ''
  } catch (error) {
    if (isRefusal(error)) return undefined
    throw error
  }
}

/** Notes run ids in the Redis hash `key`, so that replicas and restarts of the service share the knowledge. */
export function createIncidents ({ redis, key, now }: { redis: RedisClient, key: string, now: () => number }): Incidents {
  return {
    check: async () => {
      const runId = await runIdOf(redis)
      if (runId === undefined) return true
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
