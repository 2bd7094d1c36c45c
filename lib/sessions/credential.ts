import { refuseProof, type Proof } from '../dpop/proof.js'
import type { Codec } from '../tokens/codec.js'
import type { Transport } from './state.js'
import type { PresentedToken } from './transitions.js'

/** A token of a session as it came with a call. */
export interface Credential {
  /** How it came; default `bearer`. */
  transport?: Transport
  /** What came with it. */
  proof?: Proof | undefined
  /** Throws unless the call may act for the session that the token names; default: it may. */
  admit?: (session: string) => void
}

/** What a refresh token says of itself. @throws `refresh_token_invalid`, `invalid_dpop_proof` unless just its key came with it */
export async function presented (codec: Codec, token: string, proof: Proof | undefined): Promise<PresentedToken & { client: string }> {
  await codec.ready(token)
  const claims = codec.verify('refresh', token)
  if (claims.cnf?.jkt !== proof?.jkt) refuseProof(claims.cnf ? 'is not by the key that the refresh token is bound to' : 'came with a refresh token that is not bound to a key', { subject: { user: claims.sub, session: claims.sid } })
  return {
    user: claims.sub,
    session: claims.sid,
    jti: claims.jti,
    generation: claims.gen,
    rotated: claims.rot,
    expires: claims.exp * 1000,
    authTime: claims.auth_time,
    scope: claims.scope,
    client: claims.client_id
  }
}
