import type { Account } from '../accounts/account.js'
import type { Proof } from '../dpop/proof.js'
import { fail } from '../errors.js'
import type { ClientClaims, AccessClaims } from '../tokens/claims.js'
import type { Codec } from '../tokens/codec.js'
import { everything, grantsFrom } from '../api-tokens/grants.js'
import type { ApiTokenStore } from '../api-tokens/store.js'
import type { Transport } from '../sessions/state.js'
import type { ApiPrincipal, Principal, SessionPrincipal } from './authorize.js'
import { scopeSet, type ScopesOf } from './scopes.js'

/** What the store knows of a session and its account right now. */
export interface Standing {
  /** Milliseconds since the epoch after which nothing of the session is good any more; 0 if there is none. */
  lapses: number
  /** How the tokens of the session travel. */
  transport: Transport
  /** That of its latest pair of tokens. */
  generation: number
  account: Account
}

interface Parts {
  codec: Codec
  standing: (user: string, session: string) => Promise<Standing>
  apiTokens: Pick<ApiTokenStore, 'standing'>
  /** Whether a refresh ends the access tokens that came before it. */
  latestOnly: boolean
  /** What a registered client may as the account of a user name; undefined for one that does not act as it (any more). */
  actingScope: (client: string, username: string) => ReadonlySet<string> | undefined
  scopesOf: ScopesOf
  now: () => number
}

/** Resolves the text of an access or API token to who is calling; `by` is how it came, default `bearer`, and `proof` what came with it. */
export type Authenticate = (token: string, by?: Transport, proof?: Proof) => Promise<Principal>

/** How a session is asked for: with what came beside the token, and whether a later pair of tokens ends this one. */
interface Asked { proof: Proof | undefined, latest: boolean }

/** A proof is taken once, and a refresh does not end what its user has begun. */
const AGAIN: Asked = { proof: undefined, latest: false }

/** What a token says of itself, whoever has it. */
const grantIn = ({ scope, iat, exp, cnf }: { scope: string, iat: number, exp: number, cnf?: { jkt: string } }) => ({ scope, issued: iat, expires: exp, cnf })

/**
 * A token is as good as its session or its record, and its account, are at this moment: they are looked up on
 * every call, in one round trip. One of a session comes the way that its session was opened for, or not at all,
 * and one that is bound to a key with a proof of that key, which is taken once all else is right.
 * @throws `access_token_invalid`, `access_token_expired`, `access_token_replaced`, `access_token_revoked`, `access_token_bound`, `access_token_unbound`, `invalid_dpop_proof`, `session_ended`, `account_inactive`, and those of API tokens
 */
export function createAuthenticate ({ codec, standing, apiTokens, actingScope, scopesOf, latestOnly, now }: Parts): Authenticate {
  /** What a token carries and its account may still have. */
  const limitedTo = (scope: string, account: Account, subject: { user: string }): Principal['may'] => {
    if (!account.active) return fail('account_inactive', { subject })
    const [granted, allowed] = [scopeSet(scope), scopesOf(account)]
    return item => allowed.has(item) && granted.has(item)
  }

  const ofSession = async (claims: AccessClaims, by: Transport, { proof, latest }: Asked): Promise<SessionPrincipal> => {
    const subject = { user: claims.sub, session: claims.sid }
    const { lapses, transport, generation, account } = await standing(claims.sub, claims.sid)
    if (lapses <= now()) return fail('session_ended', { subject })
    if (transport !== by) return fail('access_token_invalid', { subject })
    // A later generation than the store knows comes of writes that it has lost; a refresh will heal it.
    if (latest && claims.gen < generation) return fail('access_token_replaced', { subject })
    const may = limitedTo(claims.scope, account, subject)
    if (proof) await proof.spend()
    return {
      kind: 'access',
      account,
      session: claims.sid,
      transport,
      ...grantIn(claims),
      may,
      again: () => ofSession(claims, by, AGAIN),
      authTime: claims.auth_time,
      fresh: claims.fresh === true
    }
  }

  const ofApiToken = async (token: string): Promise<ApiPrincipal> => {
    const claims = codec.verify('api', token)
    const { state, account } = await apiTokens.standing(claims.sub, claims.jti)
    const subject = { user: claims.sub }
    if (state !== 'good') return fail(state === 'ended' ? 'api_token_revoked' : 'api_token_invalid', { subject })
    return { kind: 'api', account, client: claims.jti, token: claims.jti, ...grantIn(claims), may: limitedTo(claims.scope, account, subject), again: () => ofApiToken(token), datasets: grantsFrom(claims.datasets) }
  }

  const ofClient = async (claims: ClientClaims, proof: Proof | undefined): Promise<ApiPrincipal> => {
    const { sub: user, client_id: client, scope, datasets } = claims
    const token = datasets === undefined ? null : client
    const { state, account } = await apiTokens.standing(user, token ?? '', claims.jti)
    const subject = { user }
    if (state !== 'good') return fail('access_token_revoked', { subject })
    const granted = limitedTo(scope, account, subject)
    const acting = token === null ? actingScope(client, account.username) ?? fail('access_token_revoked', { subject }) : undefined
    const may: Principal['may'] = acting ? item => acting.has(item) && granted(item) : granted
    if (proof) await proof.spend()
    return { kind: 'api', account, client, token, ...grantIn(claims), may, again: () => ofClient(claims, undefined), datasets: datasets === undefined ? everything : grantsFrom(datasets) }
  }

  return async (token, by = 'bearer', proof) => {
    await codec.ready(token)
    if (codec.kindOf(token) === 'api') return by === 'bearer' ? await ofApiToken(token) : never(by)
    const claims = codec.verify('access', token)
    requireKey(claims, proof)
    if (!('gty' in claims)) return await ofSession(claims, by, { proof, latest: latestOnly })
    return by === 'cookie' ? never(by) : await ofClient(claims, proof)
  }
}

/**
 * Whether a token came with just the key that it is bound to.
 * @throws `access_token_bound`, `access_token_unbound`
 */
export function requireKey (claims: AccessClaims | ClientClaims, proof: Proof | undefined): void {
  const { sub: user, cnf } = claims
  if (cnf?.jkt !== proof?.jkt) fail(cnf ? 'access_token_bound' : 'access_token_unbound', { subject: { user, ...('sid' in claims ? { session: claims.sid } : {}) } })
}

/** An API token comes as a bearer token, what machines have never in a cookie. */
const never = (by: Exclude<Transport, 'bearer'>): never => fail(by === 'dpop' ? 'access_token_unbound' : 'access_token_invalid')
