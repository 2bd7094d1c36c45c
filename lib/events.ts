import { EventEmitter } from 'node:events'

/** What happened to an account, a session or a group; `session` and `user` are ids. */
export type AuthEvent =
  | { type: 'login', user: string, session: string }
  | { type: 'login_failed', user: string | null }
  /** Somebody who is signed in has shown the password again. */
  | { type: 'reauthenticated', user: string, session: string }
  | { type: 'refresh', user: string, session: string, outcome: 'rotated' | 'retried' }
  /** The store had lost writes. Without a known incident it is an alarm: two stores, or a leaked key. */
  | { type: 'store_behind', user: string, session: string, incident: boolean }
  | { type: 'reuse', user: string, session: string, token: 'predecessor' | 'stale' }
  | { type: 'late_reuse', user: string, session: string, reason: string }
  /** A registered refresh token that was not the current one of its session; no transition makes such. */
  | { type: 'orphan', user: string, session: string }
  | { type: 'refresh_refused', user: string, session: string, outcome: string }
  | { type: 'sessions_ended', user: string, sessions: readonly string[], reason: string }
  | { type: 'account_created', user: string }
  | { type: 'account_changed', user: string, members: readonly string[] }
  | { type: 'account_deleted', user: string }
  /** `user` is who has invited; `invitation` is no secret. */
  | { type: 'invitation_created', user: string, invitation: string }
  | { type: 'invitation_withdrawn', user: string, invitation: string }
  | { type: 'registered', user: string, invitation: string | null }
  | { type: 'password_reset_requested', user: string }
  | { type: 'password_reset', user: string }
  | { type: 'email_verified', user: string }
  | { type: 'link_refused', kind: string, user: string | null }
  | { type: 'api_token_issued', user: string, token: string }
  | { type: 'api_tokens_ended', user: string, tokens: readonly string[], reason: string }
  /** The slow-down of sign-ins was forgotten. */
  | { type: 'account_unlocked', user: string }
  /** A limit did not let a call through. */
  | { type: 'limited', kind: string }
  /** `pairing` names the attempt of one device; it gives nobody a right. */
  | { type: 'device_requested', pairing: string }
  | { type: 'device_approved', user: string, pairing: string, token: string }
  | { type: 'device_denied', user: string, pairing: string }
  | { type: 'group_changed', group: string, user: string | null, change: 'created' | 'deleted' | 'member_added' | 'member_removed' }

/** Tells whoever listens; a listener that fails must not undo what happened. */
export type Report = (event: AuthEvent) => void

/** Carries every `AuthEvent` under the name `event`. */
export type AuthEvents = EventEmitter<{ event: [AuthEvent] }>

export const createEvents = (): AuthEvents => new EventEmitter()

type Listener = (event: AuthEvent) => unknown

/**
 * Tells every listener, whatever becomes of the others.
 * @param failed is told what a listener threw, or its promise was rejected with
 */
export const createReport = (events: AuthEvents, failed: (error: unknown) => void): Report => {
  const tell = async (listener: Listener, event: AuthEvent): Promise<void> => {
    try {
      await listener(event)
    } catch (error) {
      failed(error)
    }
  }
  return event => { for (const listener of events.rawListeners('event')) void tell(listener, event) }
}
