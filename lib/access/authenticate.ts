import type { Account } from '../accounts/account.js'
import { fail } from '../errors.js'
import type { Codec } from '../tokens/codec.js'
import type { Principal } from './authorize.js'
import { scopeSet, scopesOf } from './scopes.js'

/** What the store knows of a session and its account right now. */
export interface Standing {
  /** Milliseconds since the epoch after which nothing of the session is good any more; 0 if there is none. */
  lapses: number
  account: Account
}

interface Parts {
  codec: Codec
  standing: (user: string, session: string) => Promise<Standing>
  now: () => number
}

/** Resolves the text of an access token to who is calling. */
export type Authenticate = (token: string) => Promise<Principal>

/**
 * An access token is as good as its session and its account are at this moment: both are looked up on
 * every call, in one round trip.
 */
export const createAuthenticate = ({ codec, standing, now }: Parts): Authenticate => async token => {
  const claims = codec.verify('access', token)
  const granted = scopeSet(claims.scope)
  const { lapses, account } = await standing(claims.sub, claims.sid)
  if (lapses <= now()) return fail('session_ended')
  if (!account.active) return fail('account_inactive')
  const allowed = scopesOf(account)
  return {
    kind: 'access',
    account,
    session: claims.sid,
    may: scope => allowed.has(scope) && granted.has(scope),
    authTime: claims.auth_time
  }
}
