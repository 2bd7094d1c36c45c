import type { UserPrincipal } from '../access/authorize.js'
import { fail } from '../errors.js'
import type { Report } from '../events.js'
import { fromCursor, toCursor } from '../http/cursor.js'
import type { Codec } from '../tokens/codec.js'
import type { Allowance, IssuancePolicy, NewToken } from './issuance.js'
import { present, timeText } from './present.js'
import type { ApiToken, ApiTokenQuery, Eligibility, IssuedToken, NewApiToken } from './schema.js'
import type { ApiTokenStore } from './store.js'
import { checkWanted } from './wanted.js'

/** `expires_in` is seconds, `datasets` is in the form of the claim. */
export interface CollectedToken { token: string, expires_in: number, scope: string, datasets: string }

export interface ApiTokens {
  /**
   * Issues a token with rights that its owner has. The token itself is in this answer only.
   * @throws `api_token_limit_reached`, `api_token_too_wide`, `insufficient_scope`, `api_token_grants_invalid`, `expiry_in_past`, `expiry_too_far`, `invalid_request`
   */
  create: (owner: UserPrincipal, wanted: NewApiToken) => Promise<IssuedToken>
  /**
   * The same for a machine that comes for its token later: it is counted, listed and can be revoked, and it
   * expires at `until` (milliseconds) unless it was collected. @throws as `create`
   */
  keep: (owner: UserPrincipal, wanted: NewApiToken, until: number) => Promise<ApiToken>
  /** A token that was kept, the same however often it is collected; undefined if it has ended, or its owner is not active. */
  collect: (user: string, id: string) => Promise<CollectedToken | undefined>
  /** Tokens of an account, the latest first; a page may hold fewer than asked for and yet have a next one. */
  list: (user: string, query: ApiTokenQuery) => Promise<{ items: ApiToken[], next: string | null }>
  /** @throws `api_token_not_found` */
  get: (user: string, id: string) => Promise<ApiToken>
  /** Ends a token at once; one that ended before stays as it is. @throws `api_token_not_found` */
  revoke: (user: string, id: string, reason: string) => Promise<void>
  revokeAll: (user: string, reason: string) => Promise<void>
  /** Whether the account would be issued a token now. */
  eligibility: (user: string) => Promise<Eligibility>
}

interface Parts {
  store: ApiTokenStore
  codec: Codec
  policy: IssuancePolicy
  randomId: () => string
  now: () => number
  durable: () => Promise<void>
  report: Report
}

const PLACE = /^\d{15}:[A-Za-z0-9_-]{1,64}$/
export function createApiTokens ({ store, codec, policy, randomId, now, durable, report }: Parts): ApiTokens {
  const reportEnd = async (user: string, tokens: readonly string[], reason: string): Promise<void> => {
    if (tokens.length > 0) report({ type: 'api_tokens_ended', user, tokens, reason })
    await durable()
  }

  /** Issues a token and tells of it. @returns what the limits allow after it */
  const issue = async (user: string, token: NewToken): Promise<Allowance> => {
    const issued = await store.issue(user, token)
    if (issued.outcome === 'inactive') return fail('account_inactive')
    if (issued.outcome === 'past') return fail('expiry_in_past')
    const { now: time, next } = issued.allowance
    if (issued.outcome === 'refused') return fail('api_token_limit_reached', { retryAfter: Math.ceil((next - time) / 1000), members: { next_eligible_at: timeText(next) } })
    report({ type: 'api_token_issued', user, token: token.id })
    await reportEnd(user, issued.ended, 'new_token_generated')
    return issued.allowance
  }

  const get = async (user: string, id: string): Promise<ApiToken> => present(await store.find(user, id) ?? fail('api_token_not_found'))

  return {
    create: async (owner, wanted) => {
      const { id: user, username } = owner.account
      const token = { id: randomId(), ...checkWanted(owner, wanted, now()) }
      const { now: time, next } = await issue(user, token)
      const { id, scope, datasets, expires } = token
      const kid = await codec.lasting(expires)
      const text = codec.sign('api', { sub: user, username, jti: id, iat: Math.floor(time / 1000), exp: expires / 1000, scope, datasets }, kid)
      return { ...await get(user, id), token: text, expires_in: Math.floor((expires - time) / 1000), next_eligible_at: timeText(next) }
    },

    keep: async (owner, wanted, until) => {
      const { expires, ...token } = { id: randomId(), ...checkWanted(owner, wanted, now()) }
      await issue(owner.account.id, { ...token, expires: Math.min(expires, until), promised: expires })
      return await get(owner.account.id, token.id)
    },

    collect: async (user, id) => {
      const found = await store.collect(user, id, await codec.signing())
      if (found.outcome !== 'good') return undefined
      const { now: time, token: { created, expires, scope, datasets }, kid, username } = found
      const text = codec.sign('api', { sub: user, username, jti: id, iat: Math.floor(created / 1000), exp: expires / 1000, scope, datasets }, await codec.lasting(expires, kid))
      return { token: text, expires_in: Math.floor((expires - time) / 1000), scope, datasets }
    },

    list: async (user, { limit, cursor, status, since }) => {
      const after = cursor === undefined ? undefined : fromCursor(cursor, PLACE)
      const found = await store.list(user, { status, after, since: since === undefined ? 0 : Date.parse(since), limit: limit + 1 })
      const page = found.slice(0, limit)
      // A list of active tokens may hold some whose time has just passed.
      const items = page.filter(token => status === 'all' || token.status === status).map(present)
      return { items, next: found.length > limit ? toCursor(page.at(-1)!.place) : null }
    },

    get,

    revoke: async (user, id, reason) => {
      await reportEnd(user, await store.revoke(user, id, reason) ?? fail('api_token_not_found'), reason)
    },

    revokeAll: async (user, reason) => { await reportEnd(user, await store.revokeAll(user, reason), reason) },

    eligibility: async user => {
      const { used, next, reason } = await store.allowance(user)
      return { eligible: reason === null, used_today: used, daily_limit: policy.daily === 0 ? null : policy.daily, next_eligible_at: timeText(next), reason }
    }
  }
}
