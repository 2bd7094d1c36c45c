// What goes into the transitions of a session, and what comes out of them.
import type { Account } from '../accounts/account.js'
import type { SessionState, Transport } from './state.js'

/** A refresh token as it was presented. `rotated` and `expires` are milliseconds, `authTime` is seconds. */
export interface PresentedToken {
  user: string
  session: string
  jti: string
  generation: number
  rotated: number
  expires: number
  authTime: number
  scope: string
}

export interface NewSession {
  user: string
  id: string
  jti: string
  /** The password hash that was verified; another one by now and the session is not opened. */
  password: string
  scope: string
  transport: Transport
  /** Thumbprint of the key that its tokens are bound to, if they are. */
  jkt?: string | undefined
  clientId: string
  /** Milliseconds after a rotation in which its predecessor is answered again without an Idempotency-Key. */
  grace: number
  device: SessionState['device']
  accessJti: string
  kid: string
}

export interface Rotation {
  token: PresentedToken
  /** jti of the successor, should there be one. */
  successor: string
  /** Hash of the Idempotency-Key, or ''. */
  key: string
  /** The scope asked for, or '' for all that was granted. */
  ask: string
  /** How the token came. */
  transport: Transport
  /** Thumbprint of the key that was shown with it, if one was. */
  jkt?: string | undefined
  accessJti: string
  kid: string
}

/** A user who has just proved who they are. */
export interface Proof {
  user: string
  session: string
  /** The password hash that was verified; another one by now and nothing happens. */
  password: string
  accessJti: string
  kid: string
}

/** A session and its account after a transition, and the store's clock at that moment. */
export interface Live { session: SessionState, account: Account, now: number }

export type Opened = { outcome: 'opened', evicted: string[] } & Live | { outcome: 'stale' | 'limit' }

export type Proved = { outcome: 'proved' } & Live | { outcome: 'gone' | 'stale' }

export type Refreshed =
  | { outcome: 'rotated' | 'retried' | 'healed' } & Live
  | { outcome: 'other_transport' | 'inactive' | 'gone' | 'expired' | 'mismatch' }
  | { outcome: 'late_reuse', reason: string }
  /** Too soon after other rotations: nothing was changed. `wait` is milliseconds until it would not be. */
  | { outcome: 'limited', wait: number }
  | { outcome: 'reuse', token: 'predecessor' | 'stale', orphan: boolean }

export type Which = 'one' | 'others' | 'all'
