import type { Accounts } from '../accounts/service.js'
import type { AccountStore } from '../accounts/store.js'
import { Problem } from '../errors.js'
import { presented } from '../sessions/credential.js'
import type { LogoutRequest } from '../sessions/logout.js'
import type { RefreshCall } from '../sessions/refresh.js'
import type { AccessToken, TokenPair } from '../sessions/schema.js'
import type { Sessions } from '../sessions/service.js'
import type { Codec } from '../tokens/codec.js'
import type { TheAdmin } from './admin.js'

// What stands in for the services that ask who somebody is. Clients that sign in first find what they expect:
// tokens are real ones, of sessions of the admin.

const HERE = { ip: '127.0.0.1', user_agent: null, label: 'AUTH=off' }

const unlessRefused = async <T>(attempt: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await attempt()
  } catch (error) {
    if (error instanceof Problem && error.statusCode === 401) return undefined
    throw error
  }
}

/** Whatever name and password are given, they are the admin's. */
export const openAccounts = (accounts: Accounts, theAdmin: TheAdmin): Accounts => ({ ...accounts, authenticate: theAdmin, verify: theAdmin })

/** Every name is one that may sign in. */
export const openNames = (store: AccountStore, theAdmin: TheAdmin): AccountStore => ({ ...store, byUsername: theAdmin })

/** A refresh token that is good for nothing gets a new session, as does a call without one; those of others are left alone. */
export const openSessions = (sessions: Sessions, codec: Codec, theAdmin: TheAdmin): Sessions => ({
  ...sessions,
  reauthenticate: async (account, session): Promise<AccessToken> => {
    const proved = await unlessRefused(() => sessions.reauthenticate(account, session))
    if (proved) return proved
    const { access_token: token, token_type: type, expires_in: seconds, scope, session_id: opened } = await sessions.open({ account, scope: undefined, device: HERE })
    return { access_token: token, token_type: type, expires_in: seconds, scope, session_id: opened }
  },
  refresh: async (call: RefreshCall): Promise<TokenPair> => {
    const account = await theAdmin()
    const refreshed = await unlessRefused(async () =>
      (await presented(codec, call.token, call.proof)).user === account.id ? await sessions.refresh(call) : undefined)
    return refreshed ?? await sessions.open({ account, scope: call.scope, device: HERE, transport: call.transport ?? 'bearer', proof: call.proof })
  }
})

/** Ends what the credentials are good for, and is content with any. */
export const openLogout = (logout: (request: LogoutRequest) => Promise<void>) => async (request: LogoutRequest): Promise<void> => {
  await unlessRefused(() => logout(request))
}
