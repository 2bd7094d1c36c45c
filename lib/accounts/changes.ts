import type { Role } from '../access/scopes.js'
import { fail } from '../errors.js'
import type { Report } from '../events.js'
import { isActiveAdmin, presentUser, type Account } from './account.js'
import type { User } from './schema.js'
import type { AccountStore, Change, Changed, Updated } from './store.js'

export interface UserPatch { fullname?: string, email?: string | null, roles?: Role[], active?: boolean, verified?: boolean }

/** How accounts change, and end. */
export interface Changes {
  /** @throws `user_not_found` */
  known: (id: string) => Promise<Account>
  /** Changes an account and tells of it and of the sessions that end with it. @throws `user_not_found`, `invalid_credentials` */
  change: (id: string, what: Change) => Promise<Account>
  /** Deactivation ends the account's sessions in the same call. @throws `user_not_found`, `last_admin` */
  update: (id: string, patch: UserPatch) => Promise<User>
  /** @throws `user_not_found`, `last_admin` */
  remove: (id: string) => Promise<void>
  /** Forgets the failed sign-ins of an account, at every address. @throws `user_not_found` */
  unlock: (id: string) => Promise<void>
}

interface Parts { store: AccountStore, now: () => number, durable: () => Promise<void>, report: Report }

export function createChanges ({ store, now, durable, report }: Parts): Changes {
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
    known,

    change,

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

    unlock: async id => {
      settled(await store.update(id, { members: { unlocked: now() } }))
      report({ type: 'account_unlocked', user: id })
    }
  }
}

/** A change that happened; else the error that says why not. */
function settled (changed: Changed): Updated {
  if (changed.outcome === 'missing') return fail('user_not_found')
  if (changed.outcome === 'stale') return fail('invalid_credentials')
  return changed
}
