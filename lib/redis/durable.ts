import { fail } from '../errors.js'
import type { RedisClient } from './connect.js'

const PATIENCE_MS = 1_000

/**
 * Waits until what this connection has written is on `replicas` replicas of Redis, so that a failover
 * cannot bring it back.
 * @throws `ends_not_durable` if fewer confirm within a second; the write stands all the same
 */
export const createDurable = (redis: RedisClient, replicas: number) => async (): Promise<void> => {
  if (replicas === 0) return
  const confirmed = await redis.wait(replicas, PATIENCE_MS)
  if (confirmed < replicas) fail('ends_not_durable', { retryAfter: 1 })
}
