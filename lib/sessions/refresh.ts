import { scopeList, scopeText } from '../access/scopes.js'
import type { ErrorCode } from '../error-catalogue.js'
import { fail, type Policy } from '../errors.js'
import type { Report } from '../events.js'
import type { Codec } from '../tokens/codec.js'
import { hashUnder } from '../keys/hash.js'
import { refusal } from '../limits/limit.js'
import { OURS, type SessionClient } from './client.js'
import { presented, type Credential } from './credential.js'
import { mintPair } from './mint.js'
import type { TokenPair } from './schema.js'
import { narrowed, within } from './scope.js'
import type { SessionStore } from './store.js'
import type { PresentedToken, Refreshed } from './transitions.js'

/** A call of the refresh endpoint. */
export interface RefreshCall extends Credential {
  token: string
  scope: string | undefined
  /** Which client calls, and the most that its tokens may carry now; a token is good for its own only (RFC 6749 section 10.4). Default: ours. */
  client?: SessionClient
  idempotencyKey: string | undefined
  /** Whether nobody waits for the answer any more, so that nothing must be spent for it. */
  abandoned: () => boolean
}

/** What a refresh is made with. */
export interface RefreshParts {
  store: SessionStore
  codec: Codec
  randomId: () => string
  /** What clients are told of how fast a session may rotate. */
  limit: Policy
  /** Waits until ends have reached as many replicas of the store as the operator wants. */
  durable: () => Promise<void>
  /** Whether the store is known to have been restarted or replaced lately. */
  incident: () => Promise<boolean>
  report: Report
}

const refusals: Record<Exclude<Refreshed['outcome'], 'rotated' | 'retried' | 'healed' | 'limited' | 'mismatch'>, ErrorCode> = {
  other_transport: 'refresh_token_invalid',
  inactive: 'account_inactive',
  gone: 'session_ended',
  late_reuse: 'session_ended',
  expired: 'refresh_token_expired',
  reuse: 'refresh_token_reused'
}

/** The scope to ask for, '' for all that was granted: a client that may less by now than then gets less. @throws `insufficient_scope` */
function askOf (scope: string | undefined, { scope: granted, user, session }: PresentedToken, most: SessionClient['scope']): string {
  const allowed = within(new Set(scopeList(granted)), most)
  if (scope !== undefined) return narrowed(scope, allowed, { user, session })
  if (allowed.size === scopeList(granted).length) return ''
  return allowed.size > 0 ? scopeText(allowed) : fail('insufficient_scope', { subject: { user, session } })
}

/** Spends a refresh token for a new pair (RFC 6749 section 6, RFC 9700 section 4.14.2). */
export function createRefresh ({ store, codec, randomId, limit, durable, incident, report }: RefreshParts) {
  /** Under the secret of the token itself, so that a call and its repetition agree whatever secret is in use by now. */
  const hashFor = (token: string) => (text: string): string =>
    hashUnder(codec.keyOf(token)!.lookup, text).slice(0, 32)

  const tell = async ({ user, session }: PresentedToken, result: Refreshed): Promise<void> => {
    const at = { user, session }
    if (result.outcome === 'rotated' || result.outcome === 'retried') return report({ type: 'refresh', ...at, outcome: result.outcome })
    if (result.outcome === 'healed') return report({ type: 'store_behind', ...at, incident: await incident() })
    if (result.outcome === 'limited') return report({ type: 'limited', kind: 'refresh' })
    if (result.outcome === 'late_reuse') return report({ type: 'late_reuse', ...at, reason: result.reason })
    if (result.outcome !== 'reuse') return report({ type: 'refresh_refused', ...at, outcome: result.outcome })
    report({ type: 'reuse', ...at, token: result.token })
    report({ type: 'sessions_ended', user, sessions: [session], reason: 'reuse' })
    if (result.orphan) report({ type: 'orphan', ...at })
    await durable()
  }

  return async ({ token, transport = 'bearer', proof, admit, scope, client = OURS, idempotencyKey, abandoned }: RefreshCall): Promise<TokenPair> => {
    const old = await presented(codec, token, proof)
    if (old.client !== client.id) return fail('refresh_token_invalid', { subject: { user: old.user, session: old.session } })
    admit?.(old.session)
    const hash = hashFor(token)
    const rotation = {
      token: old,
      // The same token with the same key leads to the same successor, even if the store forgot the first time.
      successor: idempotencyKey === undefined ? randomId() : hash(`successor|${old.jti}|${idempotencyKey}`),
      key: idempotencyKey === undefined ? '' : hash(`key|${idempotencyKey}`),
      ask: askOf(scope, old, client.scope),
      transport,
      jkt: proof?.jkt,
      accessJti: randomId(),
      kid: await codec.signing()
    }
    if (abandoned()) return fail('request_too_late', { retryAfter: 1 })
    await proof?.spend()
    const first = await store.rotate(rotation)
    // A lost answer of before its client had less is given again as it was: nobody is signed out for a changed list.
    const result = first.outcome === 'mismatch' && scope === undefined ? await store.rotate({ ...rotation, ask: '' }) : first
    await tell(old, result)
    if (result.outcome === 'mismatch') return fail('invalid_request', { errors: [{ path: '/scope', message: 'a retry must ask for the same scope' }] })
    if (result.outcome === 'limited') throw refusal(limit, result.wait)
    if (!('session' in result)) return fail(refusals[result.outcome], { subject: { user: old.user, session: old.session } })
    return mintPair(codec, result, false)
  }
}
