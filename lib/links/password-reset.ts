import type { Account } from '../accounts/account.js'
import type { Accounts } from '../accounts/service.js'
import type { AccountStore } from '../accounts/store.js'
import type { AuditStore } from '../audit/store.js'
import { fail, Problem } from '../errors.js'
import type { Report } from '../events.js'
import { addressKey } from '../limits/address.js'
import type { Limit } from '../limits/limit.js'
import type { Mail } from '../mail/mailer.js'
import type { Outbox } from '../mail/outbox.js'
import type { Links } from './links.js'
import { resetMail } from './texts.js'
import type { LinkHashes } from './token.js'

/** How somebody names an account whose password is lost. */
export type Named = { username: string } | { email: string }

/** A new password for somebody who lost theirs and reads the mails to the account's address. */
export interface PasswordReset {
  /**
   * Sends a link, if there is such an account. Nobody learns from the answer whether there is one, nor from
   * how long it takes: everything is done after it.
   * @throws `too_many_requests` for an address that asks too often
   */
  request: (who: Named, address: string) => Promise<void>
  /** Sets the password, ends all sessions of the account and forgets its failed sign-ins. @throws `link_invalid`, `password_too_short`, `overloaded` */
  reset: (token: string, next: string) => Promise<void>
}

interface Parts {
  links: Links
  hashes: LinkHashes
  accounts: Accounts
  store: AccountStore
  audit: Pick<AuditStore, 'record'>
  outbox: Outbox
  limits: {
    /** Requests from one address. */
    address: Limit
    /** Mails about one account. */
    account: Limit
  }
  /** Of a link, in seconds. */
  lifetime: number
  now: () => number
  durable: () => Promise<void>
  report: Report
}

const MOST_MAILS = 5

export function createPasswordReset ({ links, hashes, accounts, store, audit, outbox, limits, lifetime, now, durable, report }: Parts): PasswordReset {
  const find = async (who: Named): Promise<Account[]> => {
    if ('email' in who) return await store.byEmail(who.email)
    const account = await store.byUsername(who.username.toLowerCase())
    return account ? [account] : []
  }

  const write = async ({ id, username, password, email }: Account): Promise<Mail[]> => {
    if (email === null || !await isWithin(limits.account, id)) return []
    // First, so that there is no link which the log does not know of.
    await audit.record(id, { action: 'password_reset_requested' })
    const { url } = await links.issue('reset', { user: id, password: hashes.password(password) }, lifetime)
    report({ type: 'password_reset_requested', user: id })
    return [resetMail({ to: email, username, url, lifetime })]
  }

  return {
    request: async (who, address) => {
      await limits.address(addressKey(address))
      outbox.post(async () => {
        const active = (await find(who)).filter(account => account.active)
        // Whoever verified the address comes before others who only claim it.
        const some = active.sort((a, b) => Number(b.verified) - Number(a.verified)).slice(0, MOST_MAILS)
        return (await Promise.all(some.map(write))).flat()
      })
    },

    reset: (token, next) => links.spend('reset', token, async ({ user, password }) => {
      const account = await store.byId(user)
      if (!account?.active || !hashes.isPassword(password, account.password)) return fail('link_invalid')
      const changed = await store.update(user, {
        members: { password: await accounts.hashPassword(next), unlocked: now() },
        provided: { password: account.password, active: true },
        ends: { which: 'all', reason: 'password_reset' }
      })
      if (changed.outcome !== 'updated') return fail('link_invalid')
      report({ type: 'password_reset', user })
      if (changed.ended.length > 0) report({ type: 'sessions_ended', user, sessions: changed.ended, reason: 'password_reset' })
      await durable()
    })
  }
}

/** Counts a mail; one too many is not sent, and nobody is told. */
async function isWithin (limit: Limit, who: string): Promise<boolean> {
  try {
    await limit(who)
    return true
  } catch (error) {
    if (error instanceof Problem && error.code === 'too_many_requests') return false
    throw error
  }
}
