import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { idOf } from './master.js'

interface FormerKey { kid: string, alg: 'HS512', created: number }

/** Takes over the facts about keys of an installation of before keys could rotate; they had another place and form. */
export async function bringOver (redis: RedisClient, names: KeyNames, prefix: string): Promise<void> {
  const { check, ring, ...rest } = await redis.hgetall(`${prefix}keys`)
  if (check === undefined || ring === undefined) return
  const secret = idOf(Buffer.from(check, 'base64'))
  const keys = (JSON.parse(ring) as FormerKey[]).map(({ kid, alg, created }) => ({ kid, alg, secret, created, from: created, access: 0, longest: 0 }))
  for (const [field, value] of Object.entries({ ...rest, [`secret:${secret}`]: check, ring: JSON.stringify(keys) })) {
    await redis.hsetnx(`${names.keys}:facts`, field, value)
  }
}
