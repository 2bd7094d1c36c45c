import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { defineScript, type Fields } from '../redis/script.js'
import { isSealed, type Seal } from '../sealing/seal.js'
import type { Sealing } from '../sealing/service.js'
import type { Account } from './account.js'

/**
 * E-mail addresses: sealed in the account, and found by an index of keyed hashes.
 *
 * Account and index lie in different slots of a cluster, so no call can write both. The index is entered first
 * and cleared last: a crash leaves at worst an entry of an address that its account does not have. Each writing
 * has an entry of its own, so that of two changes at the same moment none takes the entry of the other away.
 */
export interface Emails {
  /** The seal of a user, by the salt that the account has now: one that was remembered may be of before a loss of data. */
  sealOf: (user: string) => Promise<Seal>
  /** Enters an address of a user into the index. @returns the fields that the account then has to have */
  enter: (user: string, seal: Seal, address: string | null) => Promise<{ email: string, email_entry: string }>
  /** Takes an entry out of the index again; the text is that of the field `email_entry`. */
  clear: (user: string, entry: string | undefined) => Promise<void>
  /** Seals an address that the account still has in clear, after whatever else was written. */
  sealOld: (user: string, fields: Fields) => Promise<void>
  /** Seals an address under the secret in use, and looks it up by that from now on. */
  reseal: (user: string, fields: Fields) => Promise<void>
  /** The accounts that have an address, of those that the index names. */
  holders: (address: string, byId: (user: string) => Promise<Account | undefined>) => Promise<Account[]>
}

interface Parts { redis: RedisClient, names: KeyNames, sealing: Sealing }

export function createEmails ({ redis, names, sealing }: Parts): Emails {
  const replace = defineScript(redis, new URL('./lua/seal-email.lua', import.meta.url))

  const sealOf: Emails['sealOf'] = async user => {
    sealing.forget(user)
    return await sealing.forUser(user)
  }

  const enter: Emails['enter'] = async (user, seal, address) => {
    if (address === null) return { email: '', email_entry: '' }
    const hash = sealing.emailHash(address)
    const nonce = sealing.newSalt()
    await redis.sadd(names.email(hash), `${user}.${nonce}`)
    return { email: seal.seal('email', address), email_entry: `${hash}.${nonce}` }
  }

  const clear: Emails['clear'] = async (user, entry) => {
    if (!entry) return
    const [hash = '', nonce = ''] = entry.split('.')
    await redis.srem(names.email(hash), `${user}.${nonce}`)
  }

  /** Puts another form of the same address in place of the one that is stored, unless that is another one by now. */
  const exchange = async (user: string, seal: Seal, address: string, { email = '', email_entry: before }: Fields): Promise<void> => {
    const fields = await enter(user, seal, address)
    const done = await replace(names.user(user), email, fields.email, fields.email_entry) === 1
    await clear(user, done ? before : fields.email_entry)
  }

  return {
    sealOf,
    enter,
    clear,
    sealOld: async (user, fields) => {
      const { email = '' } = fields
      if (email !== '' && !isSealed(email)) await exchange(user, await sealOf(user), email, fields)
    },
    reseal: async (user, fields) => {
      const seal = await sealOf(user)
      const address = seal.open('email', fields.email ?? '')
      if (address !== null) await exchange(user, seal, address, fields)
    },
    holders: async (address, byId) => {
      const hash = sealing.emailHash(address)
      const entries = await Promise.all(sealing.emailHashes(address).map(each => redis.smembers(names.email(each))))
      const users = entries.flat().map(entry => entry.split('.', 1)[0]!)
      const accounts = await Promise.all([...new Set(users)].map(byId))
      return accounts.filter(account => account !== undefined).filter(({ email }) => email !== null && sealing.emailHash(email) === hash)
    }
  }
}
