import type { AuditStore } from '../audit/store.js'
import type { Report } from '../events.js'
import { fromCursor, toCursor } from '../http/cursor.js'
import type { Limit } from '../limits/limit.js'
import { presentUser, type Account } from './account.js'
import { createAdditions, type Additions } from './additions.js'
import { createChanges, type Changes } from './changes.js'
import { createCredentials } from './credentials.js'
import { createNewPasswords, type NewPasswords } from './new-passwords.js'
import type { Passwords } from './passwords.js'
import type { User } from './schema.js'
import type { SlowDown } from './slow-down.js'
import type { AccountStore } from './store.js'

export interface Accounts extends Additions, Pick<Changes, 'update' | 'remove' | 'unlock'>, NewPasswords {
  /**
   * Verifies a password. Unknown user, wrong password and inactive account look the same and take the same time.
   * @throws `invalid_credentials`, `too_many_attempts`
   */
  authenticate: (username: string, password: string, address: string) => Promise<Account>
  /** The same for an account that is known already. @throws like `authenticate` */
  verify: (account: Account, password: string, address: string) => Promise<Account>
  /** An account as clients see it. */
  present: (account: Account) => User
  /** @throws `user_not_found` */
  get: (id: string) => Promise<User>
  list: (limit: number, cursor: string | undefined) => Promise<{ items: User[], next: string | null }>
}

interface Parts {
  store: AccountStore
  passwords: Passwords
  slowDown: SlowDown
  audit: Pick<AuditStore, 'failedLogin'>
  /** How many passwords are looked at for one address. */
  limit: Limit
  shortestPassword: number
  randomId: () => string
  now: () => number
  durable: () => Promise<void>
  report: Report
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/

export function createAccounts (parts: Parts): Accounts {
  const { store } = parts
  const credentials = createCredentials(parts)
  const { known, change, ...changes } = createChanges(parts)
  const newPasswords = createNewPasswords({ ...parts, credentials, changes: { known, change } })
  const additions = createAdditions({ ...parts, hashPassword: newPasswords.hashPassword })

  return {
    ...additions,
    ...changes,
    ...newPasswords,

    authenticate: async (username, password, address) => await credentials.authenticate({ username, password, address }),

    verify: async (account, password, address) => await credentials.verify(account, { username: account.username, password, address }),

    present: presentUser,

    get: async id => presentUser(await known(id)),

    list: async (limit, cursor) => {
      const { accounts, last } = await store.list(limit, cursor === undefined ? undefined : fromCursor(cursor, NAME))
      return { items: accounts.map(presentUser), next: last === undefined ? null : toCursor(last) }
    }
  }
}
