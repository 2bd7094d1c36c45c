import type { AuditStore } from '../audit/store.js'
import { fail } from '../errors.js'
import type { Report } from '../events.js'
import type { Role } from '../access/scopes.js'
import { fromCursor, toCursor } from '../http/cursor.js'
import type { Limit } from '../limits/limit.js'
import { presentUser, type Account } from './account.js'
import { createCredentials } from './credentials.js'
import type { Passwords } from './passwords.js'
import type { User } from './schema.js'
import type { SlowDown } from './slow-down.js'
import type { AccountStore, Change, Changed, Registered, Updated } from './store.js'

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
export interface UserPatch { fullname?: string, email?: string | null, roles?: Role[], active?: boolean, verified?: boolean }
export interface PasswordChange { user: string, session: string, current: string, next: string, address: string }

export interface Accounts {
  /** @throws `username_taken`, `password_too_short` */
  create: (account: NewAccount) => Promise<User>
  /** Takes an account over with its password. @returns whether its name was free */
  adopt: (account: ForeignAccount) => Promise<boolean>
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
  /** Deactivation ends the account's sessions in the same call. @throws `user_not_found`, `last_admin` */
  update: (id: string, patch: UserPatch) => Promise<User>
  /** @throws `user_not_found`, `last_admin` */
  remove: (id: string) => Promise<void>
  /** What is kept of a password. @throws `password_too_short`, `overloaded` */
  hashPassword: (password: string) => Promise<string>
  /** Sets another password and ends the account's other sessions. @throws like `authenticate`, `password_too_short` */
  changePassword: (change: PasswordChange) => Promise<void>
  /** Forgets the failed sign-ins of an account, at every address. @throws `user_not_found` */
  unlock: (id: string) => Promise<void>
  /** Sets another password for somebody else, and ends all of the account's sessions. @throws `user_not_found`, `password_too_short` */
  setPassword: (id: string, next: string) => Promise<void>
  /** The same by user name. */
  resetPassword: (username: string, next: string) => Promise<void>
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

/** What a new account has unless told otherwise. */
const blank = { groups: [], active: true, verified: false, email: null, lastLogin: null, unlocked: 0 }

const isActiveAdmin = (account: Pick<Account, 'roles' | 'active'>): boolean =>
  account.active && account.roles.includes('admin')

export function createAccounts (parts: Parts): Accounts {
  const { store, passwords, shortestPassword, randomId, now, durable, report } = parts
  const credentials = createCredentials(parts)

  const verify: Accounts['verify'] = async (account, password, address) =>
    await credentials.verify(account, { username: account.username, password, address })

  const hashPassword = async (password: string): Promise<string> => {
    if ([...password].length < shortestPassword) return fail('password_too_short')
    return await passwords.hash(password)
  }

  /** @returns null if the name is taken */
  const add = async (account: Omit<Account, 'id'>, registered?: Registered): Promise<User | null> => {
    const added = { ...account, id: randomId(), username: account.username.toLowerCase() }
    const id = await store.create(added, registered)
    if (id === null) return null
    if (isActiveAdmin(added)) await store.addAdmin(id)
    report({ type: 'account_created', user: id })
    return presentUser({ ...added, id })
  }

  const known = async (id: string): Promise<Account> => await store.byId(id) ?? fail('user_not_found')

  const change = async (id: string, what: Change): Promise<Account> => {
    const changed = settled(await store.update(id, what))
    report({ type: 'account_changed', user: id, members: Object.keys(what.members) })
    await tellEnds(id, changed.ended, what.ends?.reason)
    return changed.account
  }

  const tellEnds = async (user: string, sessions: string[], reason = ''): Promise<void> => {
    if (sessions.length > 0) report({ type: 'sessions_ended', user, sessions, reason })
    await durable()
  }

  const setPassword = async (id: string, next: string): Promise<void> => {
    await known(id)
    await change(id, { members: { password: await hashPassword(next), unlocked: now() }, ends: { which: 'all', reason: 'password_reset' } })
  }

  /** Lets go of an admin first and takes them back if the change fails: no moment has none. */
  const withoutAdmin = async <T>(account: Account, act: () => Promise<T>): Promise<T> => {
    if (!isActiveAdmin(account)) return await act()
    if (!await store.releaseAdmin(account.id)) return fail('last_admin')
    try {
      return await act()
    } catch (error) {
      const still = await store.byId(account.id)
      if (still && isActiveAdmin(still)) await store.addAdmin(account.id)
      throw error
    }
  }

  return {
    create: async ({ username, fullname, password, roles = ['reader'], email = null, verified = false, registered }) => {
      const hash = await hashPassword(password)
      return await add({ ...blank, fullname, username, password: hash, roles, verified, email, created: now() }, registered) ?? fail('username_taken')
    },

    hashPassword,

    adopt: async ({ hash, ...account }) => await add({ ...blank, ...account, password: hash }) !== null,

    authenticate: async (username, password, address) => await credentials.authenticate({ username, password, address }),

    verify,

    present: presentUser,

    get: async id => presentUser(await known(id)),

    list: async (limit, cursor) => {
      const { accounts, last } = await store.list(limit, cursor === undefined ? undefined : fromCursor(cursor, NAME))
      return { items: accounts.map(presentUser), next: last === undefined ? null : toCursor(last) }
    },

    update: async (id, patch) => {
      const account = await known(id)
      const members = patch.email === undefined || patch.email === account.email ? patch : { ...patch, verified: patch.verified ?? false }
      const what: Change = { members, ...(patch.active === false ? { ends: { which: 'all', reason: 'deactivated' } as const } : {}) }
      const after = { ...account, ...patch }
      const changed = isActiveAdmin(after) ? await change(id, what) : await withoutAdmin(account, () => change(id, what))
      if (isActiveAdmin(changed)) await store.addAdmin(id)
      return presentUser(changed)
    },

    remove: async id => {
      const account = await known(id)
      const removed = await withoutAdmin(account, async () => settled(await store.remove(id, account.username)))
      report({ type: 'account_deleted', user: id })
      await tellEnds(id, removed.ended, 'deleted')
    },

    changePassword: async ({ user, session, current, next, address }) => {
      const account = await known(user)
      await verify(account, current, address)
      await change(user, {
        members: { password: await hashPassword(next) },
        provided: { password: account.password },
        ends: { which: 'others', spared: session, reason: 'password_changed' }
      })
    },

    setPassword,

    unlock: async id => {
      settled(await store.update(id, { members: { unlocked: now() } }))
      report({ type: 'account_unlocked', user: id })
    },

    resetPassword: async (username, next) => {
      const { id } = await store.byUsername(username.toLowerCase()) ?? fail('user_not_found')
      await setPassword(id, next)
    }
  }
}

/** A change that happened; else the error that says why not. */
function settled (changed: Changed): Updated {
  if (changed.outcome === 'missing') return fail('user_not_found')
  if (changed.outcome === 'stale') return fail('invalid_credentials')
  return changed
}
