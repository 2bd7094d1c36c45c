import type { Role } from '../access/scopes.js'
import { fail } from '../errors.js'
import type { Report } from '../events.js'
import { isActiveAdmin, presentUser, type Account } from './account.js'
import { isReservedName } from './reserved-names.js'
import type { User } from './schema.js'
import type { AccountStore, Registered } from './store.js'

export interface NewAccount {
  username: string
  fullname: string
  password: string
  roles?: Role[]
  email?: string | null
  verified?: boolean
  /** That its owner makes it. */
  registered?: Registered
}

/** An account from elsewhere, with the hash that its password has there. `created` is milliseconds since the epoch. */
export interface ForeignAccount { username: string, fullname: string, hash: string, roles: Role[], active: boolean, created: number }

/** How accounts come to be. */
export interface Additions {
  /** @throws `username_taken`, `username_reserved`, `password_too_short` */
  create: (account: NewAccount) => Promise<User>
  /** Takes an account over with its password. @returns whether its name was free */
  adopt: (account: ForeignAccount) => Promise<boolean>
}

interface Parts {
  store: Pick<AccountStore, 'create' | 'addAdmin'>
  hashPassword: (password: string) => Promise<string>
  randomId: () => string
  now: () => number
  report: Report
}

/** What a new account has unless told otherwise. */
const blank = { groups: [], active: true, verified: false, email: null, lastLogin: null, unlocked: 0 }

export function createAdditions ({ store, hashPassword, randomId, now, report }: Parts): Additions {
  /** @returns null if the name is taken */
  const add = async (account: Omit<Account, 'id'>, registered?: Registered): Promise<User | null> => {
    const added = { ...account, id: randomId(), username: account.username.toLowerCase() }
    const id = await store.create(added, registered)
    if (id === null) return null
    if (isActiveAdmin(added)) await store.addAdmin(id)
    report({ type: 'account_created', user: id })
    return presentUser({ ...added, id })
  }

  return {
    create: async ({ username, fullname, password, roles = ['reader'], email = null, verified = false, registered }) => {
      if (isReservedName(username)) return fail('username_reserved')
      const hash = await hashPassword(password)
      return await add({ ...blank, fullname, username, password: hash, roles, verified, email, created: now() }, registered) ?? fail('username_taken')
    },

    adopt: async ({ hash, ...account }) => await add({ ...blank, ...account, password: hash }) !== null
  }
}
