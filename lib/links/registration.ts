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
 * be chosen; whether an e-mail address is known is not.
 * @throws `registration_closed`, `invitation_required`, `invitation_for_another`, `link_invalid`,
 *   `username_taken`, `password_too_short`, `too_many_requests`
 */
export type Register = (registration: NewRegistration, address: string) => Promise<User>

interface Parts {
  mode: 'off' | 'invite' | 'open'
  accounts: Accounts
  links: Links
  invitations: Invitations
  verification: EmailVerification
  /** Attempts from one address. */
  limit: Limit
  report: Report
}

const uninvited: Invited = { roles: ['reader'], verified: false }

export function createRegister ({ mode, accounts, links, invitations, verification, limit, report }: Parts): Register {
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
