import { createHmac } from 'node:crypto'
import { scopeList, scopesOf, scopeText } from '../access/scopes.js'
import type { Account } from '../accounts/account.js'
import { fail, type ErrorCode } from '../errors.js'
import type { Report } from '../events.js'
import type { Codec } from '../tokens/codec.js'
import { mintPair } from './mint.js'
import type { Session, TokenPair } from './schema.js'
import type { Device, SessionState } from './state.js'
import type { PresentedToken, Refreshed, SessionStore, Which } from './store.js'

/** A login whose password was verified. */
export interface Login { account: Account, scope: string | undefined, device: Device }

/** A call of the refresh endpoint. */
export interface RefreshCall {
  token: string
  scope: string | undefined
  idempotencyKey: string | undefined
  /** Whether nobody waits for the answer any more, so that nothing must be spent for it. */
  abandoned: () => boolean
}

/** Who ends sessions and why; `reason` is what stays in the tombstone. */
export interface End { user: string, which: Which, session: string, reason: string, proof?: string }

export interface Sessions {
  /** @throws `insufficient_scope`, `session_limit_reached`, `invalid_credentials` if the password changed meanwhile */
  open: (login: Login) => Promise<TokenPair>
  /** @throws `refresh_token_*`, `session_ended`, `account_inactive`, `insufficient_scope`, `invalid_request` */
  refresh: (call: RefreshCall) => Promise<TokenPair>
  /** Ends sessions; those that ended before count as done. */
  end: (end: End) => Promise<void>
  /** Ends sessions on the strength of a refresh token: its own, or with the current one all or all others. */
  endByRefreshToken: (token: string, which: Which) => Promise<void>
  /** @param current id of the session that asks */
  list: (user: string, current: string) => Promise<Session[]>
  /** Ends one session. @throws `session_not_found` */
  revoke: (user: string, session: string) => Promise<void>
}

interface Parts {
  store: SessionStore
  codec: Codec
  /** Key of the hashes that name a successor and an Idempotency-Key. */
  lookup: Buffer
  /** Milliseconds. */
  grace: number
  randomId: () => string
  /** Waits until ends have reached as many replicas of the store as the operator wants. */
  durable: () => Promise<void>
  /** Whether the store is known to have been restarted or replaced lately. */
  incident: () => Promise<boolean>
  report: Report
}

const refusals: Record<Exclude<Refreshed['outcome'], 'rotated' | 'retried' | 'healed' | 'mismatch'>, ErrorCode> = {
  inactive: 'account_inactive',
  gone: 'session_ended',
  late_reuse: 'session_ended',
  expired: 'refresh_token_expired',
  reuse: 'refresh_token_reused'
}

const CLIENT = 'guardcell'

export function createSessions ({ store, codec, lookup, grace, randomId, durable, incident, report }: Parts): Sessions {
  const lookupHash = (text: string): string => createHmac('sha256', lookup).update(text).digest('base64url').slice(0, 32)

  /** The same token with the same key leads to the same successor, even if the store forgot the first time. */
  const successorOf = (jti: string, key: string | undefined): string =>
    key === undefined ? randomId() : lookupHash(`successor|${jti}|${key}`)

  const presented = (token: string): PresentedToken => {
    const claims = codec.verify('refresh', token)
    return {
      user: claims.sub,
      session: claims.sid,
      jti: claims.jti,
      generation: claims.gen,
      rotated: claims.rot,
      expires: claims.exp * 1000,
      authTime: claims.auth_time,
      scope: claims.scope
    }
  }

  const end = async ({ user, which, session, reason, proof }: End): Promise<string[] | null> => {
    const ended = await store.end(user, which, session, reason, proof)
    if (ended && ended.length > 0) report({ type: 'sessions_ended', user, sessions: ended, reason })
    await durable()
    return ended
  }

  const tell = async ({ user, session }: PresentedToken, result: Refreshed): Promise<void> => {
    const at = { user, session }
    if (result.outcome === 'rotated' || result.outcome === 'retried') return report({ type: 'refresh', ...at, outcome: result.outcome })
    if (result.outcome === 'healed') return report({ type: 'store_behind', ...at, incident: await incident() })
    if (result.outcome === 'late_reuse') return report({ type: 'late_reuse', ...at, reason: result.reason })
    if (result.outcome !== 'reuse') return report({ type: 'refresh_refused', ...at, outcome: result.outcome })
    report({ type: 'reuse', ...at, token: result.token })
    report({ type: 'sessions_ended', user, sessions: [session], reason: 'reuse' })
    if (result.orphan) report({ type: 'orphan', ...at })
    await durable()
  }

  return {
    open: async ({ account, scope, device }) => {
      const allowed = scopesOf(account)
      const opened = await store.open({
        user: account.id,
        id: randomId(),
        jti: randomId(),
        password: account.password,
        scope: scope === undefined ? scopeText(allowed) : narrowed(scope, allowed),
        transport: 'bearer',
        clientId: CLIENT,
        grace,
        device,
        accessJti: randomId(),
        kid: codec.kid
      })
      if (opened.outcome === 'limit') return fail('session_limit_reached')
      if (opened.outcome !== 'opened') return fail('invalid_credentials')
      report({ type: 'login', user: account.id, session: opened.session.id })
      if (opened.evicted.length > 0) report({ type: 'sessions_ended', user: account.id, sessions: opened.evicted, reason: 'evicted' })
      return mintPair(codec, opened, true)
    },

    refresh: async ({ token, scope, idempotencyKey, abandoned }) => {
      const old = presented(token)
      const ask = scope === undefined ? '' : narrowed(scope, new Set(scopeList(old.scope)))
      const rotation = {
        token: old,
        successor: successorOf(old.jti, idempotencyKey),
        key: idempotencyKey === undefined ? '' : lookupHash(`key|${idempotencyKey}`),
        ask,
        accessJti: randomId(),
        kid: codec.kid
      }
      if (abandoned()) return fail('request_too_late', { retryAfter: 1 })
      const result = await store.rotate(rotation)
      await tell(old, result)
      if (result.outcome === 'mismatch') return fail('invalid_request', { errors: [{ path: '/scope', message: 'a retry must ask for the same scope' }] })
      if (!('session' in result)) return fail(refusals[result.outcome])
      return mintPair(codec, result, false)
    },

    end: async request => { await end(request) },

    endByRefreshToken: async (token, which) => {
      const { user, session, jti } = presented(token)
      const ended = await end({ user, which, session, reason: 'logout', ...(which === 'one' ? {} : { proof: jti }) })
      if (ended === null) fail('refresh_token_invalid')
    },

    list: async (user, current) => (await store.list(user)).map(session => presentSession(session, current)),

    revoke: async (user, session) => {
      const ended = await end({ user, which: 'one', session, reason: 'revoked' })
      if (ended?.length === 0) fail('session_not_found')
    }
  }
}

/** A scope that was asked for, as it goes into a token; all of it must be allowed. */
function narrowed (scope: string, allowed: ReadonlySet<string>): string {
  const asked = scopeList(scope)
  if (!asked.every(item => allowed.has(item))) return fail('insufficient_scope')
  return scopeText(asked)
}

const time = (ms: number): string => new Date(ms).toISOString()

const presentSession = (session: SessionState, current: string): Session => ({
  id: session.id,
  created: time(session.created),
  last_used: time(session.used),
  ends: time(session.ends),
  transport: session.transport,
  current: session.id === current,
  device: session.device
})
