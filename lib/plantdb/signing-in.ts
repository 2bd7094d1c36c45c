import type { Account } from '../accounts/account.js'
import type { Accounts } from '../accounts/service.js'
import type { AccountStore } from '../accounts/store.js'
import { addressKey } from '../limits/address.js'
import type { Limit } from '../limits/limit.js'
import type { TokenPair } from '../sessions/schema.js'
import type { Sessions } from '../sessions/service.js'
import type { Device } from '../sessions/state.js'
import type { LoggedIn, PlantDBUser, Tokens } from './schema.js'

interface Attempt { username: string, password: string, device: Device }
interface Newcomer { username: string, fullname: string, password: string }

/** Accounts and sessions in PlantDB's words. */
export interface SigningIn {
  /** Whether an account has a name. @throws `too_many_requests` */
  exists: (username: string, address: string) => Promise<{ username: string, exists: boolean }>
  /** @throws as `Accounts.authenticate` and `Sessions.open` */
  login: (attempt: Attempt) => Promise<LoggedIn>
  /** Ends the session that asks. */
  logout: (account: Account, session: string) => Promise<{ message: string }>
  /** Makes a reader. @throws as `Accounts.create` */
  register: (newcomer: Newcomer) => Promise<{ message: string }>
  validate: (account: Account) => { message: string, user: PlantDBUser }
  /** @throws as `Sessions.refresh` */
  refresh: (token: string, abandoned: () => boolean) => Promise<Tokens>
}

interface Parts { accounts: Accounts, store: AccountStore, sessions: Sessions, limit: Limit }

const shown = ({ username, fullname }: PlantDBUser): PlantDBUser => ({ username, fullname })

const tokensOf = ({ access_token: access, refresh_token: refresh }: TokenPair): Omit<Tokens, 'message'> =>
  ({ access_token: access, ...(refresh === undefined ? {} : { refresh_token: refresh }) })

export const createSigningIn = ({ accounts, store, sessions, limit }: Parts): SigningIn => ({
  exists: async (username, address) => {
    await limit(addressKey(address))
    return { username, exists: await store.byUsername(username.toLowerCase()) !== undefined }
  },
  login: async ({ username, password, device }) => {
    const account = await accounts.authenticate(username, password, device.ip)
    return { message: 'Login successful', user: shown(account), ...tokensOf(await sessions.open({ account, scope: undefined, device })) }
  },
  logout: async ({ id, username }, session) => {
    await sessions.end({ user: id, which: 'one', session, reason: 'logout' })
    return { message: `Logout successful from ${username}` }
  },
  register: async ({ username, fullname, password }) => {
    await accounts.create({ username, fullname, password })
    return { message: 'User successfully created' }
  },
  validate: account => ({ message: 'Token validation successful', user: shown(account) }),
  refresh: async (token, abandoned) => {
    return { message: 'Token refreshed successfully', ...tokensOf(await sessions.refresh({ token, scope: undefined, idempotencyKey: undefined, abandoned })) }
  }
})
