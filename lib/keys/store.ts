import type { RedisClient } from '../redis/connect.js'

/** One generation of the signing key. `created` is in milliseconds since the epoch. */
export interface RingKey { kid: string, alg: 'HS512', status: 'current', created: number }

/** What all replicas of an installation agree on; no key material is among it. */
export interface KeyFacts { check: string, issuer: string, ring: readonly RingKey[] }

/**
 * The shared facts about the keys of an installation.
 *
 * Callers rely on: what was written first stays. Of several replicas that start at the same moment with
 * different proposals all get the same answer, and a later start gets it again.
 */
export interface KeyStore {
  /** The salt under which a passphrase is stretched: the kept one, else `proposal`. */
  salt: (proposal: Buffer) => Promise<Buffer>
  /** The kept facts, with every fact that is not kept yet taken from `proposal`. */
  agree: (proposal: KeyFacts) => Promise<KeyFacts>
  /** The kept check value, or null if the store was emptied. */
  check: () => Promise<string | null>
}

/** The key store in the Redis hash `<prefix>keys`. */
export function createKeyStore (redis: RedisClient, prefix: string): KeyStore {
  const key = `${prefix}keys`
  return {
    salt: async proposal => {
      await redis.hsetnx(key, 'salt', proposal.toString('base64'))
      return Buffer.from(await redis.hget(key, 'salt') ?? '', 'base64')
    },
    check: () => redis.hget(key, 'check'),
    agree: async ({ check, issuer, ring }) => {
      await redis.hsetnx(key, 'check', check)
      await redis.hsetnx(key, 'issuer', issuer)
      await redis.hsetnx(key, 'ring', JSON.stringify(ring))
      const [keptCheck, keptIssuer, keptRing] = await redis.hmget(key, 'check', 'issuer', 'ring')
      return { check: keptCheck ?? '', issuer: keptIssuer ?? '', ring: JSON.parse(keptRing ?? '[]') as RingKey[] }
    }
  }
}
