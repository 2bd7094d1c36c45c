import type { AuthEvent } from '../events.js'
import { owners } from './owners.js'
import type { NewEvent } from './store.js'

interface Told { owner: string, event: NewEvent }

type Tellers = { [T in AuthEvent['type']]?: (event: Extract<AuthEvent, { type: T }>) => Told }

/** Events that no script records, because what they tell of lies in no account. */
const tellers: Tellers = {
  invitation_created: ({ user, invitation }) => ({ owner: user, event: { action: 'invitation_created', details: { invitation } } }),
  registered: ({ user, invitation }) => ({ owner: user, event: { action: 'registered', ...(invitation === null ? {} : { details: { invitation } }) } }),
  password_reset_requested: ({ user }) => ({ owner: user, event: { action: 'password_reset_requested' } }),
  email_verified: ({ user }) => ({ owner: user, event: { action: 'email_verified' } }),
  link_refused: ({ kind, user }) => ({ owner: user ?? owners.anonymous, event: { action: 'link_refused', details: { kind } } }),
  device_approved: ({ user, pairing, token }) => ({ owner: user, event: { action: 'device_approved', details: { pairing, token } } }),
  device_denied: ({ user, pairing }) => ({ owner: user, event: { action: 'device_denied', details: { pairing } } })
}

/** What an event is recorded as, if it is not recorded by what it tells of. */
export function toldOf (event: AuthEvent): Told | undefined {
  const teller = tellers[event.type] as ((event: AuthEvent) => Told) | undefined
  return teller?.(event)
}
