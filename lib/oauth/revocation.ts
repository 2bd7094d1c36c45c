import type { ApiTokens } from '../api-tokens/service.js'
import type { ApiTokenStore } from '../api-tokens/store.js'
import { fail, Problem } from '../errors.js'
import type { Sessions } from '../sessions/service.js'
import type { Codec } from '../tokens/codec.js'
import type { Client } from './client.js'
import type { AuthenticateClient } from './client-authentication.js'
import { parametersOf } from './form.js'
import { readToken, tokenIn, type PresentedToken } from './presented-token.js'
import type { Registry } from './registry.js'
import type { Form } from './schema.js'

interface Parts {
  codec: Codec
  registry: Registry
  authenticateClient: AuthenticateClient
  sessions: Pick<Sessions, 'end'>
  apiTokens: Pick<ApiTokens, 'revoke'>
  apiTokenStore: Pick<ApiTokenStore, 'endAccess'>
  /** Waits until ends have reached as many replicas of the store as the operator wants. */
  durable: () => Promise<void>
}

/**
 * Revokes a token (RFC 7009): an access or refresh token ends its session, a refresh token also when it has
 * expired or was spent already, because whoever sends it here wants the session to be over; an access token of
 * a client itself ends alone; an API token is withdrawn. Other tokens are ignored.
 *
 * What belongs to a confidential client is for that client only. What belongs to a public one is for whoever has
 * it, because anybody can say that they are a public client; an API token is its own credential.
 * @throws `invalid_request`, `invalid_client`, `unauthorized_client` for a token of another client
 */
export function createRevocation ({ codec, registry, authenticateClient, sessions, apiTokens, apiTokenStore, durable }: Parts) {
  const ownerOf = ({ kind, claims }: PresentedToken): string | undefined => {
    if (kind === 'api') return undefined
    if ('gty' in claims) return claims.client_id
    return registry.get(claims.client_id)?.client.kind === 'confidential' ? claims.client_id : undefined
  }

  const admit = (client: Client, owner: string | undefined): void => {
    if (owner === undefined || owner === client.id) return
    fail(client.kind === 'public' ? 'invalid_client' : 'unauthorized_client', { about: { client: client.id } })
  }

  const end = async ({ kind, claims }: PresentedToken): Promise<void> => {
    if (kind === 'api') return await apiTokens.revoke(claims.sub, claims.jti, 'revoked').catch(ignoreUnknown)
    if ('gty' in claims) {
      await apiTokenStore.endAccess(claims.sub, { client: claims.client_id, jti: claims.jti, until: claims.exp * 1000 + LATEST_LEEWAY })
      return await durable()
    }
    await sessions.end({ user: claims.sub, which: 'one', session: claims.sid, reason: 'revoked' })
  }

  return async (sent: Form, authorization: string | undefined): Promise<void> => {
    const form = parametersOf(sent)
    const token = tokenIn(form)
    const client = await authenticateClient(authorization, form)
    const presented = await readToken(codec, token)
    if (!presented) return
    admit(client, ownerOf(presented))
    await end(presented)
  }
}

/** The most that JWT_LEEWAY gives an access token beyond its end, and then some. */
const LATEST_LEEWAY = 60_000

const ignoreUnknown = (error: unknown): void => { if (!(error instanceof Problem) || error.code !== 'api_token_not_found') throw error }
