import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import type { Sealing } from '../sealing/service.js'
import { accountFrom, type Account } from './account.js'
import type { createEmails } from './emails.js'

/** Some accounts; `last` is the name after which the next page begins, undefined if there is none. */
export interface AccountPage { accounts: Account[], last: string | undefined }

/** How accounts are found. */
export interface AccountReading {
  byId: (id: string) => Promise<Account | undefined>
  byUsername: (username: string) => Promise<Account | undefined>
  /** All accounts that have this e-mail address, however its letters are cased. */
  byEmail: (email: string) => Promise<Account[]>
  /** Accounts in the order of their names, those after `after`. */
  list: (limit: number, after?: string) => Promise<AccountPage>
}

interface Parts { redis: RedisClient, names: KeyNames, sealing: Sealing, emails: Pick<ReturnType<typeof createEmails>, 'holders'> }

/** Comes after every character of a name. */
const EVERYTHING = '\x7f'

export function createAccountReading ({ redis, names, sealing, emails }: Parts): AccountReading {
  const byId = async (id: string): Promise<Account | undefined> => {
    const fields = await redis.hgetall(`${names.user(id)}:user`)
    return fields.id === undefined || fields.deleted !== undefined ? undefined : accountFrom(fields, sealing)
  }

  return {
    byId,
    byUsername: async username => {
      const id = await redis.get(names.username(username))
      return id === null ? undefined : await byId(id)
    },
    byEmail: async email => await emails.holders(email, byId),
    list: async (limit, after) => {
      const from = after === undefined ? '-' : `(${after}:${EVERYTHING}`
      const members = await redis.zrange(names.usernames, from, '+', 'BYLEX', 'LIMIT', 0, limit + 1)
      const entries = members.slice(0, limit).map(member => member.split(':'))
      const found = await Promise.all(entries.map(([, id = '']) => byId(id)))
      return {
        accounts: found.filter(account => account !== undefined),
        last: members.length > limit ? entries.at(-1)?.[0] : undefined
      }
    }
  }
}
