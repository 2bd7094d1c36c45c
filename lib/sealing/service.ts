import { createHmac } from 'node:crypto'
import { Recent } from '../recent.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { defineScript } from '../redis/script.js'
import { createSeal, type Seal, type SealingKey } from './seal.js'

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
  /** The same where the salt is at hand. */
  withSalt: (user: string, salt: string) => Seal
  /** Seals what belongs to no known user. */
  anonymous: Seal
  /** A salt for a new account. */
  newSalt: () => string
  /** Drops the key of a user whose account was deleted. */
  forget: (user: string) => void
  /** What an e-mail address is looked up by; upper and lower case and space around it make no difference. */
  emailHash: (address: string) => string
}

interface Parts {
  redis: RedisClient
  names: KeyNames
  key: SealingKey
  /** Keys the hashes of e-mail addresses. */
  emailKey: Buffer
  randomId: () => string
  /** Milliseconds. */
  now: () => number
}

const REMEMBERED_USERS = 10_000
const REMEMBERED_MS = 60_000

interface Remembered { salt: string, seal: Seal, until: number }

export function createSealing ({ redis, names, key, emailKey, randomId, now }: Parts): Sealing {
  const saltOf = defineScript(redis, new URL('./lua/salt.lua', import.meta.url))
  const remembered = new Recent<Remembered>(REMEMBERED_USERS)

  return {
    forUser: async user => {
      const known = remembered.get(user)
      if (known && known.until > now()) return known.seal
      const salt = await saltOf(names.user(user), randomId()) as string | null
      if (salt === null) return createSeal(key, user, randomId())
      const seal = createSeal(key, user, salt)
      remembered.set(user, { salt, seal, until: now() + REMEMBERED_MS })
      return seal
    },

    withSalt: (user, salt) => {
      const known = remembered.get(user)
      return known?.salt === salt ? known.seal : createSeal(key, user, salt)
    },

    anonymous: createSeal(key, '', ''),
    newSalt: randomId,
    forget: user => { remembered.delete(user) },
    emailHash: address => createHmac('sha256', emailKey).update(address.trim().toLowerCase()).digest('base64url')
  }
}
