import type { Authenticate } from '../access/authenticate.js'
import { scopeText, type ScopesOf } from '../access/scopes.js'
import { Problem } from '../errors.js'
import type { Codec } from '../tokens/codec.js'
import type { TheAdmin } from './admin.js'

interface Parts { codec: Codec, theAdmin: TheAdmin, scopesOf: ScopesOf, now: () => number }

/** The session of a call that belongs to none. */
const NONE = 'none'

/** Takes every token, and what is none, for the admin's, who has just proved who they are. */
export const createOpenAuthenticate = ({ codec, theAdmin, scopesOf, now }: Parts): Authenticate => {
  const authenticate: Authenticate = async token => {
    const account = await theAdmin()
    const allowed = scopesOf(account)
    const time = Math.floor(now() / 1000)
    return {
      kind: 'access',
      account,
      session: await sessionOf(codec, token, account.id),
      transport: 'bearer',
      may: scope => allowed.has(scope),
      again: () => authenticate(token),
      scope: scopeText(allowed),
      issued: time,
      expires: time,
      authTime: time,
      fresh: true
    }
  }
  return authenticate
}

/** A good token of the admin's still says which session is meant. */
async function sessionOf (codec: Codec, token: string, admin: string): Promise<string> {
  try {
    await codec.ready(token)
    const claims = codec.verify('access', token)
    return 'sid' in claims && claims.sub === admin ? claims.sid : NONE
  } catch (error) {
    if (error instanceof Problem) return NONE
    throw error
  }
}
