import { requireKey, type Authenticate } from '../access/authenticate.js'
import { fail, Problem } from '../errors.js'
import type { Codec } from '../tokens/codec.js'
import type { Credential } from './credential.js'
import type { Sessions } from './service.js'
import type { Which } from './transitions.js'

/** The credentials of a logout: either is enough, so that an expired access token does not keep anybody in. */
export interface LogoutRequest extends Credential { accessToken: string | undefined, refreshToken: string | undefined, which: Which }

interface Parts { codec: Codec, sessions: Sessions, authenticate: Authenticate }

/**
 * Signs out. Ending the own session takes any token of it, and works however often it is repeated; ending
 * others takes one that is good for other calls as well.
 */
export const createLogout = ({ codec, sessions, authenticate }: Parts) =>
  async ({ accessToken, refreshToken, which, transport = 'bearer', proof, admit }: LogoutRequest): Promise<void> => {
    const byAccessToken = async (token: string): Promise<void> => {
      await codec.ready(token)
      const claims = codec.verify('access', token)
      if ('gty' in claims) return fail('session_required')
      requireKey(claims, proof)
      const { sub, sid } = claims
      admit?.(sid)
      if (which !== 'one' && !(await authenticate(token, transport, proof)).may('sessions')) fail('insufficient_scope', { scope: 'sessions' })
      await proof?.spend()
      await sessions.end({ user: sub, which, session: sid, reason: 'logout', transport })
    }
    const byRefreshToken = (token: string): Promise<void> =>
      sessions.endByRefreshToken(token, which, { transport, proof, ...(admit ? { admit } : {}) })

    if (refreshToken === undefined) return await byAccessToken(accessToken ?? fail('authentication_required'))
    if (accessToken === undefined) return await byRefreshToken(refreshToken)
    const refused = await refusalOf(byAccessToken(accessToken))
    // With a good access token the refresh token is the lesser proof, but it may be of another session; not so in one jar.
    if (refused === undefined && which === 'one' && transport !== 'cookie') await refusalOf(byRefreshToken(refreshToken))
    if (refused !== undefined) await byRefreshToken(refreshToken)
  }

/** Why credentials were refused, or undefined if they were not. */
async function refusalOf (attempt: Promise<void>): Promise<Problem | undefined> {
  try {
    await attempt
    return undefined
  } catch (error) {
    if (error instanceof Problem && error.statusCode === 401) return error
    throw error
  }
}
