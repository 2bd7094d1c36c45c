import { presentUser } from '../accounts/account.js'
import type { Codec } from '../tokens/codec.js'
import type { TokenPair } from './schema.js'
import type { Live } from './store.js'

const seconds = (ms: number): number => Math.floor(ms / 1000)

/**
 * The pair of tokens that a session stands for at this moment. It is a function of what the session keeps,
 * so the same state gives the same tokens, to the byte: no token has to be stored to repeat an answer.
 * @param fresh whether the user has just proved who they are
 */
export function mintPair (codec: Codec, { session, account, now }: Live, fresh: boolean): TokenPair {
  const { access } = session
  const common = {
    sub: account.id,
    sid: session.id,
    gen: session.generation,
    auth_time: session.authTime,
    client_id: session.clientId
  }
  const accessToken = codec.sign('access', {
    ...common,
    jti: access.jti,
    iat: seconds(access.issued),
    exp: seconds(access.expires),
    scope: access.scope,
    username: account.username,
    ...(fresh ? { fresh: true as const } : {})
  }, access.kid)
  const refreshToken = codec.sign('refresh', {
    ...common,
    jti: session.jti,
    iat: seconds(session.rotated),
    exp: seconds(session.refreshExpires),
    scope: session.scope,
    rot: session.rotated
  }, access.kid)
  return {
    access_token: accessToken,
    refresh_token: refreshToken,
    token_type: 'Bearer',
    // Counted from the whole second in which it was issued, as exp is; the leeway makes up for the rest.
    expires_in: Math.ceil((access.expires - now) / 1000),
    refresh_expires_in: seconds(session.refreshExpires - now),
    session_expires_in: seconds(session.ends - now),
    scope: access.scope,
    session_id: session.id,
    user: presentUser(account)
  }
}
