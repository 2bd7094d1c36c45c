import { presentUser } from '../accounts/account.js'
import type { Codec } from '../tokens/codec.js'
import type { AccessToken, TokenPair } from './schema.js'
import type { SessionState } from './state.js'
import type { Live } from './transitions.js'

const seconds = (ms: number): number => Math.floor(ms / 1000)

const commonClaims = ({ id, generation, authTime, clientId, jkt }: SessionState, user: string) =>
  ({ sub: user, sid: id, gen: generation, auth_time: authTime, client_id: clientId, ...(jkt === '' ? {} : { cnf: { jkt } }) })

/**
 * The access token that a session stands for at this moment.
 * @param fresh whether the user has just proved who they are
 */
export function mintAccess (codec: Codec, { session, account, now }: Live, fresh: boolean): AccessToken {
  const { jti, issued, expires, scope, kid } = session.access
  const claims = {
    ...commonClaims(session, account.id),
    jti,
    iat: seconds(issued),
    exp: seconds(expires),
    scope,
    username: account.username,
    ...(fresh ? { fresh: true as const } : {})
  }
  return {
    access_token: codec.sign('access', claims, kid),
    token_type: session.jkt === '' ? 'Bearer' : 'DPoP',
    // Counted from the whole second in which it was issued, as exp is; the leeway makes up for the rest.
    expires_in: Math.ceil((expires - now) / 1000),
    scope,
    session_id: session.id
  }
}

/**
 * The pair of tokens that a session stands for at this moment. It is a function of what the session keeps,
 * so the same state gives the same tokens, to the byte: no token has to be stored to repeat an answer.
 */
export function mintPair (codec: Codec, live: Live, fresh: boolean): TokenPair {
  const { session, account, now } = live
  const pair = { ...mintAccess(codec, live, fresh), session_expires_in: seconds(session.ends - now), user: presentUser(account) }
  if (session.refreshExpires === 0) return pair
  const refreshToken = codec.sign('refresh', {
    ...commonClaims(session, account.id),
    jti: session.jti,
    iat: seconds(session.rotated),
    exp: seconds(session.refreshExpires),
    scope: session.scope,
    rot: session.rotated
  }, session.refreshKid)
  return { ...pair, refresh_token: refreshToken, refresh_expires_in: seconds(session.refreshExpires - now) }
}
