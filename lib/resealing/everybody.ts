import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'

/** Every account that there may be, in the order of ids. */
export async function everybody (redis: RedisClient, names: KeyNames): Promise<string[]> {
  const named = await redis.zrange(names.usernames, '0', '-1')
  const ids = new Set([...await redis.smembers(names.audited), ...named.map(member => member.split(':', 2)[1]!)])
  return [...ids].sort()
}
