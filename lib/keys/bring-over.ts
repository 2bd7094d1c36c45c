import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { idOf } from './master.js'

/** Where they were. */
export const formerPlace = (prefix: string): string => `${prefix}keys`

interface FormerKey { kid: string, alg: 'HS512', created: number }

/** Takes over the facts about keys of an installation of before keys could rotate; they had another place and form. */
export async function bringOver (redis: RedisClient, names: KeyNames, prefix: string): Promise<void> {
  const facts = `${names.keys}:facts`
  const { check, ring, ...rest } = await redis.hgetall(formerPlace(prefix))
  if (check === undefined || ring === undefined || await redis.hexists(facts, 'ring') === 1) return
  const secret = idOf(Buffer.from(check, 'base64'))
  const keys = (JSON.parse(ring) as FormerKey[]).map(({ kid, alg, created }) => ({ kid, alg, secret, created, from: created, access: 0, longest: 0 }))
  for (const [field, value] of Object.entries({ ...rest, [`secret:${secret}`]: check, ring: JSON.stringify(keys) })) {
    await redis.hsetnx(facts, field, value)
  }
}
