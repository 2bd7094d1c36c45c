import type { Account } from '../accounts/account.js'
import type { AccountStore } from '../accounts/store.js'
import { fail } from '../errors.js'
import type { Report } from '../events.js'
import type { Limit } from '../limits/limit.js'
import type { Mail } from '../mail/mailer.js'
import type { Outbox } from '../mail/outbox.js'
import type { Links } from './links.js'
import { addressChangedMail, verificationMail } from './texts.js'
import type { LinkHashes } from './token.js'

/** The members of an account that a link is written for. */
export type Addressee = Pick<Account, 'id' | 'username' | 'email' | 'verified'>

/** Whether an account's e-mail address is its owner's. */
export interface EmailVerification {
  /** Sends a link to the address of an account, unless it is verified. @throws `email_missing`, `too_many_requests` */
  request: (account: Addressee) => Promise<void>
  /** Sends a link to the new address of an account, and word to the former one if it was verified. */
  changed: (before: Addressee, after: Addressee) => void
  /** Sends a link to the address of a new account that has one. */
  welcome: (account: Addressee) => void
  /** @throws `link_invalid`, also if the account has another address by now */
  verify: (token: string) => Promise<void>
}

interface Parts {
  links: Links
  hashes: LinkHashes
  store: AccountStore
  outbox: Outbox
  /** Mails to one address. */
  limit: Limit
  /** Where this service is. */
  site: string
  /** Of a link, in seconds. */
  lifetime: number
  report: Report
}

export function createEmailVerification ({ links, hashes, store, outbox, limit, site, lifetime, report }: Parts): EmailVerification {
  const write = async ({ id, username }: Addressee, to: string): Promise<Mail> => {
    const { url } = await links.issue('verify', { user: id, email: hashes.email(to) }, lifetime)
    return verificationMail({ to, username, url, lifetime })
  }

  const welcome = (account: Addressee): void => {
    const { email, verified } = account
    if (email === null || verified) return
    outbox.post(async () => {
      await limit(hashes.email(email))
      return [await write(account, email)]
    })
  }

  return {
    request: async account => {
      const email = account.email ?? fail('email_missing')
      if (account.verified) return
      await limit(hashes.email(email))
      outbox.post(async () => [await write(account, email)])
    },

    changed: (before, after) => {
      const { email: to, username, verified } = before
      // Nobody else is told: who only claimed an address could have its owner flooded.
      if (to !== null && verified) outbox.post(async () => [addressChangedMail({ to, username, url: site })])
      welcome(after)
    },

    welcome,

    verify: token => links.spend('verify', token, async ({ user, email }) => {
      if (!await store.confirmEmail(user, email)) return fail('link_invalid')
      report({ type: 'email_verified', user })
    })
  }
}
