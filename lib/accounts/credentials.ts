import type { AuditStore } from '../audit/store.js'
import { fail } from '../errors.js'
import type { Report } from '../events.js'
import { addressKey } from '../limits/address.js'
import type { Limit } from '../limits/limit.js'
import type { Account } from './account.js'
import type { Match, Passwords } from './passwords.js'
import type { SlowDown } from './slow-down.js'
import type { AccountStore } from './store.js'

/**
 * Verifies passwords. Unknown user, wrong password and inactive account look the same and take the same
 * time; each failure slows the next attempt of that account from that address down.
 */
export interface Credentials {
  /** @throws `invalid_credentials`, `too_many_attempts`, `too_many_requests`, `overloaded` */
  verify: (account: Account | undefined, attempt: Attempt) => Promise<Account>
  /** The same by user name; a hash that is out of date is renewed. */
  authenticate: (attempt: Attempt) => Promise<Account>
}

export interface Attempt { username: string, password: string, address: string }

interface Parts { store: AccountStore, passwords: Passwords, slowDown: SlowDown, audit: Pick<AuditStore, 'failedLogin'>, limit: Limit, report: Report }

export function createCredentials ({ store, passwords, slowDown, audit, limit, report }: Parts): Credentials {
  const compare = async (account: Account | undefined, { username, password, address }: Attempt): Promise<{ account: Account, match: Match }> => {
    const pair = { username, address, unlocked: account?.unlocked ?? 0 }
    // Asked when the turn has come: attempts that wait in line together must not pass together.
    const match = await passwords.verify(account?.password, password, () => slowDown.check(pair))
    if (match === 'none' || !account?.active) {
      const reason = account === undefined ? 'unknown_user' : match === 'none' ? 'wrong_password' : 'inactive'
      await Promise.all([slowDown.failed(pair), audit.failedLogin({ user: account?.id ?? null, address, reason })])
      report({ type: 'login_failed', user: account?.id ?? null })
      return fail('invalid_credentials')
    }
    await slowDown.succeeded(pair)
    return { account, match }
  }

  const renewHash = async (account: Account, password: string): Promise<Account> => {
    const renewed = await store.update(account.id, { members: { password: await passwords.hash(password) }, provided: { password: account.password } })
    return renewed.outcome === 'updated' ? renewed.account : account
  }

  return {
    verify: async (account, attempt) => {
      await limit(addressKey(attempt.address))
      return (await compare(account, attempt)).account
    },
    authenticate: async ({ username, password, address }) => {
      await limit(addressKey(address))
      const name = username.toLowerCase()
      const { account, match } = await compare(await store.byUsername(name), { username: name, password, address })
      return match === 'outdated' ? await renewHash(account, password) : account
    }
  }
}
