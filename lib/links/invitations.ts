import type { Role, ScopesOf } from '../access/scopes.js'
import type { AccountStore } from '../accounts/store.js'
import type { AuditStore } from '../audit/store.js'
import { fail } from '../errors.js'
import type { Report } from '../events.js'
import type { Outbox } from '../mail/outbox.js'
import type { Links } from './links.js'
import type { Invitation, NewInvitation } from './schema.js'
import type { LinkFacts } from './store.js'
import { invitationMail } from './texts.js'
import type { LinkHashes } from './token.js'

/** What an invited account has that others have not. */
export interface Invited { roles: Role[], verified: boolean }

/** Invitations to make an account. */
export interface Invitations {
  /** An invitation for an e-mail address is sent there as well. @throws `registration_closed` */
  create: (by: string, invitation: NewInvitation) => Promise<Invitation>
  /** Makes an invitation void. @throws `invitation_not_found` */
  withdraw: (id: string) => Promise<void>
  /**
   * What an invitation is good for, for somebody with an e-mail address.
   * @throws `invitation_for_another`; `link_invalid` if who invited may not create accounts any more
   */
  accept: (facts: LinkFacts['invitation'], email: string | undefined) => Promise<Invited>
}

interface Parts {
  /** Whether accounts can be made on invitation at all. */
  open: boolean
  links: Links
  hashes: LinkHashes
  store: AccountStore
  scopesOf: ScopesOf
  audit: Pick<AuditStore, 'record'>
  outbox: Outbox
  /** Unless an invitation says otherwise, in seconds. */
  lifetime: number
  report: Report
}

export function createInvitations ({ open, links, hashes, store, scopesOf, audit, outbox, lifetime: usual, report }: Parts): Invitations {
  return {
    create: async (by, { email, roles = ['reader'], expires_in: lifetime = usual }) => {
      if (!open) return fail('registration_closed')
      const link = await links.issue('invitation', { by, roles, email: email === undefined ? null : hashes.email(email) }, lifetime)
      await audit.record(by, { action: 'invitation_created', details: { invitation: link.id } })
      report({ type: 'invitation_created', user: by, invitation: link.id })
      if (email !== undefined) outbox.post(async () => [invitationMail({ to: email, url: link.url, lifetime })])
      return { id: link.id, token: link.token, url: link.url, expires_at: new Date(link.expires).toISOString() }
    },

    withdraw: async id => {
      if (!await links.withdraw('invitation', id)) fail('invitation_not_found')
    },

    accept: async ({ by, roles, email: bound }, email) => {
      if (bound !== null && (email === undefined || hashes.email(email) !== bound)) return fail('invitation_for_another')
      const host = await store.byId(by)
      if (!host?.active || !scopesOf(host).has('users')) return fail('link_invalid')
      return { roles, verified: bound !== null }
    }
  }
}
