import type { Authenticate } from '../access/authenticate.js'
import type { Principal } from '../access/authorize.js'
import { scopeList, scopeText, type ScopesOf } from '../access/scopes.js'
import { effectiveScope } from '../access/token-info.js'
import type { Proof } from '../dpop/proof.js'
import { fail, Problem } from '../errors.js'
import type { Transport } from '../sessions/state.js'
import { within } from '../sessions/scope.js'
import type { SessionStore } from '../sessions/store.js'
import type { Codec } from '../tokens/codec.js'
import type { Client } from './client.js'
import type { AuthenticateClient } from './client-authentication.js'
import { parametersOf } from './form.js'
import { readToken, tokenIn, type PresentedToken } from './presented-token.js'
import type { Registry } from './registry.js'
import type { Form, Introspection } from './schema.js'

interface Parts {
  codec: Codec
  registry: Registry
  authenticate: Authenticate
  authenticateClient: AuthenticateClient
  sessions: Pick<SessionStore, 'unspent'>
  scopesOf: ScopesOf
}

/** What a request says beside its form. */
interface IntrospectionRequest {
  authorization: string | undefined
  /** Who calls with an access token, where there is one. */
  identify: (() => Promise<Principal | null>) | undefined
}

/** What stands for the proof of a bound token: whoever guards a resource is told of the key, and asks for the proof (RFC 9449 section 6.2). */
const asProven = ({ claims }: PresentedToken): Proof | undefined =>
  'cnf' in claims && claims.cnf ? { jkt: claims.cnf.jkt, spend: async () => {} } : undefined

/** What is told of every token that is good, where the token says it. */
const told = ['exp', 'iat', 'nbf', 'sub', 'aud', 'iss', 'jti', 'auth_time', 'cnf', 'datasets'] as const

const picked = (claims: object): Partial<Introspection> =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => (told as readonly string[]).includes(name)))

/**
 * Introspects a token (RFC 7662): as it stands at this moment, without spending or using it up. Who asks is a
 * confidential client, or a caller with an access token that has the scope `users`. Of what a client is not to
 * know it hears that it is not active (section 2.2):
 *
 * - an API token as a client knows tokens of its own account only
 * - a refresh token is for its own client and for `users`: whoever guards a resource must not take it for an access token
 * @throws `invalid_request`, `invalid_client`, `insufficient_scope`, those of access tokens
 */
export function createIntrospection ({ codec, registry, authenticate, authenticateClient, sessions, scopesOf }: Parts) {
  const clientFor = async (form: Form, { authorization, identify }: IntrospectionRequest): Promise<Client | undefined> => {
    if (!identify) {
      const client = await authenticateClient(authorization, form)
      return client.kind === 'public' ? fail('invalid_client') : client
    }
    if (form.client_secret !== undefined) return fail('invalid_request', { errors: [{ path: '/client_secret', message: 'is there beside the header' }] })
    const principal = await identify()
    return principal?.may('users') ? undefined : fail('insufficient_scope', { scope: 'users', ...(principal ? { subject: { user: principal.account.id } } : {}) })
  }

  const ofRefreshToken = async ({ claims }: Extract<PresentedToken, { kind: 'refresh' }>, transport: Transport): Promise<Introspection | undefined> => {
    const account = await sessions.unspent(claims.sub, claims.sid, claims.jti, transport)
    const client = registry.get(claims.client_id)?.client
    if (!account?.active || !client) return undefined
    // As a refresh would have it: a client may less by now than when the token was issued, or nothing.
    const left = within(new Set(scopeList(claims.scope)), client.scope)
    if (left.size === 0) return undefined
    const scope = scopeText(within(left, scopesOf(account)))
    return { active: true, scope, client_id: claims.client_id, username: account.username, ...picked(claims) }
  }

  const ofToken = async (token: string, presented: PresentedToken): Promise<Introspection | undefined> => {
    const proof = asProven(presented)
    const transport = proof ? 'dpop' : 'bearer'
    if (presented.kind === 'refresh') return await ofRefreshToken(presented, transport)
    const principal = await unlessRefused(() => authenticate(token, transport, proof))
    if (!principal) return undefined
    const { kind, claims } = presented
    return {
      active: true,
      scope: effectiveScope(principal),
      client_id: kind === 'api' ? claims.jti : claims.client_id,
      username: principal.account.username,
      token_type: 'cnf' in claims ? 'DPoP' : 'Bearer',
      ...picked(claims)
    }
  }

  return async (sent: Form, request: IntrospectionRequest): Promise<Introspection> => {
    const form = parametersOf(sent)
    const client = await clientFor(form, request)
    const token = tokenIn(form)
    const presented = await readToken(codec, token)
    const isTold = presented !== undefined && (client === undefined || mayKnow(client, presented))
    return (isTold ? await ofToken(token, presented) : undefined) ?? { active: false }
  }
}

function mayKnow (client: Client, { kind, claims }: PresentedToken): boolean {
  if (kind === 'refresh') return claims.client_id === client.id
  return client.kind !== 'token' || claims.sub === client.principal.account.id
}

/** @returns undefined for credentials that are no longer good; an outage is none of that */
async function unlessRefused<T> (attempt: () => Promise<T>): Promise<T | undefined> {
  try {
    return await attempt()
  } catch (error) {
    if (error instanceof Problem && error.statusCode < 500) return undefined
    throw error
  }
}
