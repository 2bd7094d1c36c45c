import type { Role } from '../access/scopes.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { defineScript } from '../redis/script.js'
import type { LinkKind } from './token.js'

/** What each kind of link is good for. Addresses and passwords are keyed hashes here. */
export interface LinkFacts {
  /** A new password for `user`, as long as the account still has this one. */
  reset: { user: string, password: string }
  /** That `user` reads the mails to this address. */
  verify: { user: string, email: string }
  /** An account with these roles, on the authority of the user `by`; with `email`, for the owner of that address only. */
  invitation: { by: string, roles: Role[], email: string | null }
}

/** `expires` is milliseconds since the epoch. */
export interface Kept<K extends LinkKind> { facts: LinkFacts[K], expires: number }

/**
 * The one-time links that are out, by the hash of their tokens.
 *
 * Callers rely on: of all who take a link exactly one gets it, on all replicas together. One that has
 * expired is not given out. Neither a token nor anything personal is kept.
 */
export interface LinkStore {
  keep: <K extends LinkKind>(kind: K, hash: string, link: Kept<K>) => Promise<void>
  take: <K extends LinkKind>(kind: K, hash: string) => Promise<Kept<K> | undefined>
  exists: (kind: LinkKind, hash: string) => Promise<boolean>
}

interface Parts {
  redis: RedisClient
  names: KeyNames
  now: () => number
  /** Moves the clock of the script, in milliseconds; tests only. */
  skew: () => number
}

/** The link store in Redis. */
export function createLinkStore ({ redis, names, now, skew }: Parts): LinkStore {
  const take = defineScript(redis, new URL('./lua/take.lua', import.meta.url))
  return {
    keep: async (kind, hash, link) => {
      await redis.set(names.link(kind, hash), JSON.stringify(link), 'PX', Math.max(1, Math.ceil(link.expires - now())))
    },
    take: async <K extends LinkKind>(kind: K, hash: string) => {
      const kept = await take(names.link(kind, hash), skew()) as string | null
      return kept === null ? undefined : JSON.parse(kept) as Kept<K>
    },
    exists: async (kind, hash) => await redis.exists(names.link(kind, hash)) === 1
  }
}
