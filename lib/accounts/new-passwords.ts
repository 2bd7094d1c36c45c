import { fail } from '../errors.js'
import type { Changes } from './changes.js'
import type { Credentials } from './credentials.js'
import { opaqueString } from './opaque-string.js'
import type { Passwords } from './passwords.js'
import type { AccountStore } from './store.js'

export interface PasswordChange { user: string, session: string, current: string, next: string, address: string }

/** How accounts get another password. */
export interface NewPasswords {
  /** What is kept of a password. @throws `password_too_short`, `overloaded` */
  hashPassword: (password: string) => Promise<string>
  /** Sets another password and ends the account's other sessions. @throws `user_not_found`, `password_too_short`, as `Credentials.verify` */
  changePassword: (change: PasswordChange) => Promise<void>
  /** Sets another password for somebody else, and ends all of the account's sessions. @throws `user_not_found`, `password_too_short` */
  setPassword: (id: string, next: string) => Promise<void>
  /** The same by user name. */
  resetPassword: (username: string, next: string) => Promise<void>
}

interface Parts {
  store: Pick<AccountStore, 'byUsername'>
  passwords: Pick<Passwords, 'hash'>
  credentials: Pick<Credentials, 'verify'>
  changes: Pick<Changes, 'known' | 'change'>
  shortestPassword: number
  now: () => number
}

export function createNewPasswords ({ store, passwords, credentials, changes: { known, change }, shortestPassword, now }: Parts): NewPasswords {
  const hashPassword = async (password: string): Promise<string> => {
    if ([...opaqueString(password)].length < shortestPassword) return fail('password_too_short')
    return await passwords.hash(password)
  }

  const setPassword = async (id: string, next: string): Promise<void> => {
    await known(id)
    await change(id, { members: { password: await hashPassword(next), unlocked: now() }, ends: { which: 'all', reason: 'password_reset' } })
  }

  return {
    hashPassword,

    changePassword: async ({ user, session, current, next, address }) => {
      const account = await known(user)
      await credentials.verify(account, { username: account.username, password: current, address })
      await change(user, {
        members: { password: await hashPassword(next) },
        provided: { password: account.password },
        ends: { which: 'others', spared: session, reason: 'password_changed' }
      })
    },

    setPassword,

    resetPassword: async (username, next) => {
      const { id } = await store.byUsername(username.toLowerCase()) ?? fail('user_not_found')
      await setPassword(id, next)
    }
  }
}
