import type { Accounts } from '../accounts/service.js'
import type { ScopesOf } from '../access/scopes.js'
import type { AccountStore } from '../accounts/store.js'
import type { AuditStore } from '../audit/store.js'
import type { Report } from '../events.js'
import type { KeyedHash } from '../keys/hash.js'
import { addressKey } from '../limits/address.js'
import type { Limit } from '../limits/limit.js'
import type { Limits } from '../limits/service.js'
import type { Outbox } from '../mail/outbox.js'
import { createEmailVerification, type EmailVerification } from './email-verification.js'
import type { InvitationStore } from './invitation-store.js'
import { createInvitations, type Invitations } from './invitations.js'
import { createLinks } from './links.js'
import { createPasswordReset, type PasswordReset } from './password-reset.js'
import { createRegister, type Register } from './registration.js'
import type { LinkStore } from './store.js'
import { createLinkHashes, type EmailHash } from './token.js'

/** What people do with one-time links. */
export interface LinkServices {
  register: Register
  invitations: Pick<Invitations, 'create' | 'list' | 'withdraw'>
  passwordReset: PasswordReset
  emailVerification: EmailVerification
  /** Counts the use of a link from an address. @throws `too_many_requests` */
  limitUse: Limit
}

interface Parts {
  accounts: Accounts
  accountStore: AccountStore
  audit: Pick<AuditStore, 'record'>
  scopesOf: ScopesOf
  /** Whether data sets have an owner of that name. */
  isOwnerName: (username: string) => Promise<boolean>
  store: LinkStore
  invitations: InvitationStore
  outbox: Outbox
  limits: Limits
  hash: KeyedHash
  email: EmailHash
  registration: 'off' | 'invite' | 'open'
  /** Where users reach the service, and the page that opens links. */
  site: string
  page: string
  /** In seconds. */
  lifetimes: { reset: number, verify: number, invitation: number }
  now: () => number
  durable: () => Promise<void>
  report: Report
}

const HOUR = 3600

/** An address may be that of a whole laboratory; a mailbox has one owner, who can be bothered. */
const most = { use: 60, register: 60, forgotByAddress: 60, resetMails: 5, verificationMails: 5 }

export function createLinkServices ({ accountStore, limits, hash, email, registration, site, page, lifetimes, now, invitations: kept, ...parts }: Parts): LinkServices {
  const hashes = createLinkHashes(hash, email)
  const links = createLinks({ ...parts, hashes, page, now })
  const shared = { ...parts, now, store: accountStore, links, hashes }
  const invitations = createInvitations({ ...shared, kept, open: registration !== 'off', lifetime: lifetimes.invitation })
  const emailVerification = createEmailVerification({ ...shared, site, lifetime: lifetimes.verify, limit: limits.sliding('verification mails', most.verificationMails, HOUR) })
  const use = limits.sliding('links', most.use, HOUR)
  return {
    register: createRegister({ ...shared, mode: registration, invitations, verification: emailVerification, limit: limits.sliding('register', most.register, HOUR) }),
    invitations,
    passwordReset: createPasswordReset({
      ...shared,
      lifetime: lifetimes.reset,
      limits: { address: limits.sliding('forgot', most.forgotByAddress, HOUR), account: limits.sliding('reset mails', most.resetMails, HOUR) }
    }),
    emailVerification,
    limitUse: async address => await use(addressKey(address))
  }
}
