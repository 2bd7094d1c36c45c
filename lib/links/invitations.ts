import type { Role, ScopesOf } from '../access/scopes.js'
import type { AccountStore } from '../accounts/store.js'
import { fail } from '../errors.js'
import type { Report } from '../events.js'
import type { PageQuery } from '../http/schema.js'
import { fromCursor, toCursor } from '../http/cursor.js'
import type { Outbox } from '../mail/outbox.js'
import type { InvitationStore, KeptInvitation } from './invitation-store.js'
import type { Links } from './links.js'
import type { Invitation, NewInvitation, OpenInvitation } from './schema.js'
import type { LinkFacts } from './store.js'
import { invitationMail } from './texts.js'
import type { LinkHashes } from './token.js'

/** What an invited account has that others have not. */
export interface Invited { roles: Role[], verified: boolean }

/** Invitations to make an account. */
export interface Invitations {
  /** An invitation for an e-mail address is sent there as well. @throws `registration_closed` */
  create: (by: string, invitation: NewInvitation) => Promise<Invitation>
  /** Those that can be used, whoever made them, the latest first. */
  list: (page: PageQuery) => Promise<{ items: OpenInvitation[], next: string | null }>
  /** Makes an invitation void. @throws `invitation_not_found` */
  withdraw: (id: string) => Promise<void>
  /**
   * What an invitation is good for, for somebody with an e-mail address.
   * @throws `invitation_for_another`; `link_invalid` if who invited may not create accounts any more
   */
  accept: (facts: LinkFacts['invitation'], email: string | undefined) => Promise<Invited>
  /** Takes one that has led to an account off the list. */
  used: (facts: LinkFacts['invitation'], id: string) => Promise<void>
}

interface Parts {
  /** Whether accounts can be made on invitation at all. */
  open: boolean
  links: Links
  hashes: LinkHashes
  store: AccountStore
  kept: InvitationStore
  scopesOf: ScopesOf
  outbox: Outbox
  /** Unless an invitation says otherwise, in seconds. */
  lifetime: number
  now: () => number
  report: Report
}

const timeText = (ms: number): string => new Date(ms).toISOString()

const PLACE = /^\d{15}\.[A-Za-z0-9_-]{43}$/

const placeOf = ({ created, id }: KeptInvitation): string => `${String(created).padStart(15, '0')}.${id}`

const present = ({ id, by, email, roles, created, expires }: KeptInvitation): OpenInvitation =>
  ({ id, by, email, roles, created: timeText(created), expires_at: timeText(expires) })

export function createInvitations ({ open, links, hashes, store, kept, scopesOf, outbox, lifetime: usual, now, report }: Parts): Invitations {
  return {
    create: async (by, { email, roles = ['reader'], expires_in: lifetime = usual }) => {
      if (!open) return fail('registration_closed')
      const link = await links.issue('invitation', { by, roles, email: email === undefined ? null : hashes.email(email) }, lifetime)
      await kept.add({ id: link.id, by, roles, email: email ?? null, created: now(), expires: link.expires })
      report({ type: 'invitation_created', user: by, invitation: link.id })
      if (email !== undefined) outbox.post(async () => [invitationMail({ to: email, url: link.url, lifetime })])
      return { id: link.id, token: link.token, url: link.url, expires_at: timeText(link.expires) }
    },

    list: async ({ limit, cursor }) => {
      const after = cursor === undefined ? undefined : fromCursor(cursor, PLACE)
      // Those of others are void: only an active admin has the say that an invitation lends.
      const known = (await Promise.all((await store.admins()).map(kept.of))).flat()
      const rest = known.filter(one => after === undefined || placeOf(one) < after).sort((a, b) => placeOf(a) < placeOf(b) ? 1 : -1)
      const found: KeptInvitation[] = []
      for (const one of rest) {
        if (one.expires > now() && await links.exists('invitation', one.id)) found.push(one)
        if (found.length > limit) break
      }
      const items = found.slice(0, limit)
      return { items: items.map(present), next: found.length > limit ? toCursor(placeOf(items.at(-1)!)) : null }
    },

    withdraw: async id => {
      const { by } = await links.withdraw('invitation', id) ?? fail('invitation_not_found')
      await kept.close(by, id, 'withdrawn')
      report({ type: 'invitation_withdrawn', user: by, invitation: id })
    },

    accept: async ({ by, roles, email: bound }, email) => {
      if (bound !== null && (email === undefined || !hashes.isEmail(bound, email))) return fail('invitation_for_another')
      const host = await store.byId(by)
      if (!host?.active || !scopesOf(host).has('users')) return fail('link_invalid')
      return { roles, verified: bound !== null }
    },

    used: async ({ by }, id) => { await kept.close(by, id, 'used') }
  }
}
