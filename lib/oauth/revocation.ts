import type { ApiTokens } from '../api-tokens/service.js'
import { Problem } from '../errors.js'
import type { Sessions } from '../sessions/service.js'
import type { Codec } from '../tokens/codec.js'
import { requireKnownClient } from './clients.js'

export interface RevocationRequest { token: string, clientId: string | undefined }

interface Parts { codec: Codec, sessions: Sessions, apiTokens: Pick<ApiTokens, 'revoke'> }

/**
 * Revokes a token (RFC 7009): an access or refresh token ends its session, a refresh token also when it has
 * expired or was spent already, because whoever sends it here wants the session to be over; an API token is
 * withdrawn. Other tokens are ignored. A token says itself of which kind it is, so a hint is not needed.
 * @throws `invalid_client`
 */
export const createRevocation = ({ codec, sessions, apiTokens }: Parts) => async ({ token, clientId }: RevocationRequest): Promise<void> => {
  requireKnownClient(clientId)
  const kind = codec.kindOf(token)
  try {
    if (kind === 'api') {
      const { sub, jti } = codec.verify(kind, token)
      await apiTokens.revoke(sub, jti, 'revoked')
    } else if (kind !== undefined) {
      const { sub, sid } = codec.verify(kind, token)
      await sessions.end({ user: sub, which: 'one', session: sid, reason: 'revoked' })
    }
  } catch (error) {
    if (!(error instanceof Problem) || error.statusCode >= 500) throw error
  }
}
