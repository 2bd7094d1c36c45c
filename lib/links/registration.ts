import { FIRST_ADMIN } from '../accounts/first-admin.js'
import type { Accounts } from '../accounts/service.js'
import type { User } from '../accounts/schema.js'
import { fail } from '../errors.js'
import type { Report } from '../events.js'
import { addressKey } from '../limits/address.js'
import type { Limit } from '../limits/limit.js'
import type { EmailVerification } from './email-verification.js'
import type { Invitations, Invited } from './invitations.js'
import type { Links } from './links.js'
import type { NewRegistration } from './schema.js'

/**
 * Makes an account for somebody who has none. A user name that is taken is told, because another one must
 * be chosen; whether an e-mail address is known is not. A name that owns data sets is for admins to give: its
 * account has these data sets.
 * @throws `registration_closed`, `invitation_required`, `invitation_for_another`, `link_invalid`, `username_taken`,
 *   `username_reserved`, `password_too_short`, `too_many_requests`, `datasets_indexing`
 */
export type Register = (registration: NewRegistration, address: string) => Promise<User>

interface Parts {
  mode: 'off' | 'invite' | 'open'
  accounts: Accounts
  links: Links
  invitations: Invitations
  verification: EmailVerification
  /** Whether data sets have an owner of that name. */
  isOwnerName: (username: string) => Promise<boolean>
  /** Attempts from one address. */
  limit: Limit
  report: Report
}

const uninvited: Invited = { roles: ['reader'], verified: false }

export function createRegister ({ mode, accounts, links, invitations, verification, isOwnerName, limit, report }: Parts): Register {
  const create = async ({ username, fullname, password, email }: NewRegistration, invited: Invited, invitation: string | null): Promise<User> => {
    const user = await accounts.create({ username, fullname, password, email: email ?? null, ...invited, registered: invitation === null ? {} : { invitation } })
    report({ type: 'registered', user: user.id, invitation })
    return user
  }

  return async (registration, address) => {
    if (mode === 'off') return fail('registration_closed')
    const { invitation, email } = registration
    if (invitation === undefined && mode === 'invite') return fail('invitation_required')
    await limit(addressKey(address))
    if (registration.username.toLowerCase() === FIRST_ADMIN || await isOwnerName(registration.username)) return fail('username_taken')
    const user = invitation === undefined
      ? await create(registration, uninvited, null)
      : await links.spend('invitation', invitation, async (facts, id) => {
        const created = await create(registration, await invitations.accept(facts, email), id)
        await invitations.used(facts, id)
        return created
      })
    verification.welcome(user)
    return user
  }
}
