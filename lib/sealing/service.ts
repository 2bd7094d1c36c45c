import { keyedHash } from '../keys/hash.js'
import type { Secrets } from '../keys/secrets.js'
import { Recent } from '../recent.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { defineScript } from '../redis/script.js'
import { secretOf, type Seal } from './seal.js'
import { createAnonymousSeal, createUserSeal, keepFormer } from './user-seal.js'

/**
 * Encryption at rest of what is personal. Each user has a key, derived from the secret of the installation and
 * the user's salt, which stands in the account: with the account it is gone, and with it all that was sealed.
 */
export interface Sealing {
  /**
   * The seal of a user. It is remembered for a minute, so that most calls do not ask Redis. For an account that
   * does not exist it is one whose key nobody keeps: it opens nothing, and nothing will open what it seals.
   */
  forUser: (user: string) => Promise<Seal>
  /** The same where the fields `salt` and `former` of the account are at hand. */
  withSalt: (user: string, salt: string, former?: string) => Seal
  /** Seals what belongs to no known user. */
  anonymous: Seal
  /** A salt for a new account. */
  newSalt: () => string
  /** Drops the key of a user whose account was deleted. */
  forget: (user: string) => void
  /** What an e-mail address is looked up by; upper and lower case and space around it make no difference. */
  emailHash: (address: string) => string
  /** The same under every secret that is known, that in use first. */
  emailHashes: (address: string) => string[]
  /** Whether a text is sealed under another secret than the one in use. */
  isFormer: (sealed: string) => boolean
  /** The field `former` that an account has to have before a secret is given up. */
  former: (user: string, salt: string, before: string) => string
}

interface Parts {
  redis: RedisClient
  names: KeyNames
  secrets: Secrets
  randomId: () => string
  /** Milliseconds. */
  now: () => number
}

const REMEMBERED_USERS = 10_000
const REMEMBERED_MS = 60_000

interface Remembered { salt: string, seal: Seal, until: number }

const normal = (address: string): string => address.trim().toLowerCase()

export function createSealing ({ redis, names, secrets, randomId, now }: Parts): Sealing {
  const saltOf = defineScript(redis, new URL('./lua/salt.lua', import.meta.url))
  const remembered = new Recent<Remembered>(REMEMBERED_USERS)
  const emailHash = keyedHash(() => secrets().map(({ email }) => email))
  const sealOf = (id: string, salt: string, former = ''): Seal => createUserSeal(secrets, { id, salt, former })

  return {
    forUser: async user => {
      const known = remembered.get(user)
      if (known && known.until > now()) return known.seal
      const found = await saltOf(names.user(user), randomId()) as [salt: string, former: string] | null
      if (found === null) return sealOf(user, randomId())
      const seal = sealOf(user, ...found)
      remembered.set(user, { salt: found[0], seal, until: now() + REMEMBERED_MS })
      return seal
    },

    withSalt: (user, salt, former) => {
      const known = remembered.get(user)
      return known?.salt === salt ? known.seal : sealOf(user, salt, former)
    },

    anonymous: createAnonymousSeal(secrets),
    newSalt: randomId,
    forget: user => { remembered.delete(user) },
    emailHash: address => emailHash(normal(address)),
    emailHashes: address => emailHash.all(normal(address)),
    isFormer: sealed => secretOf(sealed) !== secrets()[0].id,
    former: (id, salt, before) => keepFormer(secrets, sealOf(id, salt, before), { id, salt, former: before })
  }
}
