import { EventEmitter } from 'node:events'

/** What happened to an account or a session; `session` and `user` are ids. */
export type AuthEvent =
  | { type: 'login', user: string, session: string }
  | { type: 'login_failed', user: string | null }
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

/** Tells whoever listens; a listener that fails must not undo what happened. */
export type Report = (event: AuthEvent) => void

/** Carries every `AuthEvent` under the name `event`. */
export type AuthEvents = EventEmitter<{ event: [AuthEvent] }>

export const createEvents = (): AuthEvents => new EventEmitter()
