import { fail } from '../errors.js'
import type { Report } from '../events.js'
import type { Role } from '../access/scopes.js'
import { fromCursor, toCursor } from '../http/cursor.js'
import { presentUser, type Account } from './account.js'
import { createCredentials } from './credentials.js'
import type { Passwords } from './passwords.js'
import type { User } from './schema.js'
import type { SlowDown } from './slow-down.js'
import type { AccountStore, Change, Changed, Updated } from './store.js'

export interface NewAccount { username: string, fullname: string, password: string, roles?: Role[], email?: string | null, verified?: boolean }
export interface UserPatch { fullname?: string, email?: string | null, roles?: Role[], active?: boolean, verified?: boolean }
export interface PasswordChange { user: string, session: string, current: string, next: string, address: string }

export interface Accounts {
  /** @throws `username_taken`, `password_too_short` */
  create: (account: NewAccount) => Promise<User>
  /**
   * Verifies a password. Unknown user, wrong password and inactive account look the same and take the same time.
   * @throws `invalid_credentials`, `too_many_attempts`
   */
  authenticate: (username: string, password: string, address: string) => Promise<Account>
  /** An account as clients see it. */
  present: (account: Account) => User
  /** @throws `user_not_found` */
  get: (id: string) => Promise<User>
  list: (limit: number, cursor: string | undefined) => Promise<{ items: User[], next: string | null }>
  /** Deactivation ends the account's sessions in the same call. @throws `user_not_found`, `last_admin` */
  update: (id: string, patch: UserPatch) => Promise<User>
  /** @throws `user_not_found`, `last_admin` */
  remove: (id: string) => Promise<void>
  /** Sets another password and ends the account's other sessions. @throws like `authenticate`, `password_too_short` */
  changePassword: (change: PasswordChange) => Promise<void>
  /** Sets another password for somebody who lost theirs, and ends all of the account's sessions. @throws `user_not_found`, `password_too_short` */
  resetPassword: (username: string, next: string) => Promise<void>
}

interface Parts {
  store: AccountStore
  passwords: Passwords
  slowDown: SlowDown
  shortestPassword: number
  randomId: () => string
  now: () => number
  durable: () => Promise<void>
  report: Report
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/

const isActiveAdmin = (account: Pick<Account, 'roles' | 'active'>): boolean =>
  account.active && account.roles.includes('admin')

export function createAccounts (parts: Parts): Accounts {
  const { store, passwords, shortestPassword, randomId, now, durable, report } = parts
  const credentials = createCredentials(parts)

  const checkLength = (password: string): void => {
    if ([...password].length < shortestPassword) fail('password_too_short')
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
    create: async ({ username, fullname, password, roles = ['reader'], email = null, verified = false }) => {
      checkLength(password)
      const account: Account = {
        id: randomId(), username: username.toLowerCase(), fullname, password: await passwords.hash(password), roles, active: true, verified, email, created: now(), lastLogin: null
      }
      const id = await store.create(account)
      if (id === null) return fail('username_taken')
      if (roles.includes('admin')) await store.addAdmin(id)
      report({ type: 'account_created', user: id })
      return presentUser({ ...account, id })
    },

    authenticate: async (username, password, address) => await credentials.authenticate({ username, password, address }),

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
      await credentials.verify(account, { username: account.username, password: current, address })
      checkLength(next)
      await change(user, {
        members: { password: await passwords.hash(next) },
        ifPassword: account.password,
        ends: { which: 'others', spared: session, reason: 'password_changed' }
      })
    },

    resetPassword: async (username, next) => {
      checkLength(next)
      const { id } = await store.byUsername(username.toLowerCase()) ?? fail('user_not_found')
      await change(id, { members: { password: await passwords.hash(next) }, ends: { which: 'all', reason: 'password_reset' } })
    }
  }
}

/** A change that happened; else the error that says why not. */
function settled (changed: Changed): Updated {
  if (changed.outcome === 'missing') return fail('user_not_found')
  if (changed.outcome === 'stale') return fail('invalid_credentials')
  return changed
}
