import { Problem } from '../errors.js'
import type { Sessions } from '../sessions/service.js'
import type { TokenKind } from '../tokens/claims.js'
import type { Codec } from '../tokens/codec.js'
import { requireKnownClient } from './clients.js'

/** `hint` is the kind to try first; a wrong one costs nothing. */
export interface RevocationRequest { token: string, hint: string | undefined, clientId: string | undefined }

/**
 * Revokes a token (RFC 7009): either kind ends its session, a refresh token also when it has expired or was
 * spent already, because whoever sends it here wants the session to be over. Other tokens are ignored.
 * @throws `invalid_client`
 */
export const createRevocation = ({ codec, sessions }: { codec: Codec, sessions: Sessions }) =>
  async ({ token, hint, clientId }: RevocationRequest): Promise<void> => {
    requireKnownClient(clientId)
    const order: TokenKind[] = hint === 'access_token' ? ['access', 'refresh'] : ['refresh', 'access']
    for (const kind of order) {
      const claims = claimsOf(codec, kind, token)
      if (claims) return await sessions.end({ user: claims.sub, which: 'one', session: claims.sid, reason: 'revoked' })
    }
  }

function claimsOf (codec: Codec, kind: TokenKind, token: string): { sub: string, sid: string } | undefined {
  try {
    return codec.verify(kind, token)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return undefined
  }
}
