import { scopesOf, scopeText } from '../access/scopes.js'
import type { Account } from '../accounts/account.js'
import { fail } from '../errors.js'
import type { Report } from '../events.js'
import { fromCursor, toCursor } from '../http/cursor.js'
import type { Codec } from '../tokens/codec.js'
import { mintPair } from './mint.js'
import { createRefresh, presented, type RefreshCall } from './refresh.js'
import type { Session, TokenPair } from './schema.js'
import { narrowed } from './scope.js'
import type { Device, SessionState } from './state.js'
import type { SessionStore, Which } from './store.js'

/** A login whose password was verified. */
export interface Login { account: Account, scope: string | undefined, device: Device }

/** Who ends sessions and why; `reason` is what stays in the tombstone. */
export interface End { user: string, which: Which, session: string, reason: string, proof?: string }

export interface Sessions {
  /** @throws `insufficient_scope`, `session_limit_reached`, `invalid_credentials` if the password changed meanwhile */
  open: (login: Login) => Promise<TokenPair>
  /** @throws `refresh_token_*`, `session_ended`, `account_inactive`, `insufficient_scope`, `invalid_request` */
  refresh: (call: RefreshCall) => Promise<TokenPair>
  /** Ends sessions; those that ended before count as done. */
  end: (end: End) => Promise<void>
  /** Ends sessions on the strength of a refresh token: its own, or with the current one all or all others. */
  endByRefreshToken: (token: string, which: Which) => Promise<void>
  /** The open sessions of a user, by id. @param current id of the session that asks */
  list: (user: string, current: string, limit: number, cursor: string | undefined) => Promise<{ items: Session[], next: string | null }>
  /** Ends one session. @throws `session_not_found` */
  revoke: (user: string, session: string) => Promise<void>
}

interface Parts {
  store: SessionStore
  codec: Codec
  lookup: Buffer
  /** Milliseconds. */
  grace: number
  randomId: () => string
  durable: () => Promise<void>
  incident: () => Promise<boolean>
  report: Report
}

const CLIENT = 'guardcell'
const ID = /^[A-Za-z0-9_-]{1,64}$/

export function createSessions (parts: Parts): Sessions {
  const { store, codec, grace, randomId, durable, report } = parts

  const end = async ({ user, which, session, reason, proof }: End): Promise<string[] | null> => {
    const ended = await store.end(user, which, session, reason, proof)
    if (ended && ended.length > 0) report({ type: 'sessions_ended', user, sessions: ended, reason })
    await durable()
    return ended
  }

  return {
    open: async ({ account, scope, device }) => {
      const allowed = scopesOf(account)
      const opened = await store.open({
        user: account.id,
        id: randomId(),
        jti: randomId(),
        password: account.password,
        scope: scope === undefined ? scopeText(allowed) : narrowed(scope, allowed),
        transport: 'bearer',
        clientId: CLIENT,
        grace,
        device,
        accessJti: randomId(),
        kid: codec.kid
      })
      if (opened.outcome === 'limit') return fail('session_limit_reached')
      if (opened.outcome !== 'opened') return fail('invalid_credentials')
      report({ type: 'login', user: account.id, session: opened.session.id })
      if (opened.evicted.length > 0) report({ type: 'sessions_ended', user: account.id, sessions: opened.evicted, reason: 'evicted' })
      return mintPair(codec, opened, true)
    },

    refresh: createRefresh(parts),

    end: async request => { await end(request) },

    endByRefreshToken: async (token, which) => {
      const { user, session, jti } = presented(codec, token)
      const ended = await end({ user, which, session, reason: 'logout', ...(which === 'one' ? {} : { proof: jti }) })
      if (ended === null) fail('refresh_token_invalid')
    },

    list: async (user, current, limit, cursor) => {
      const after = cursor === undefined ? '' : fromCursor(cursor, ID)
      const rest = (await store.list(user)).filter(({ id }) => id > after).sort((a, b) => a.id < b.id ? -1 : 1)
      const page = rest.slice(0, limit)
      return { items: page.map(session => presentSession(session, current)), next: rest.length > limit ? toCursor(page.at(-1)!.id) : null }
    },

    revoke: async (user, session) => {
      const ended = await end({ user, which: 'one', session, reason: 'revoked' })
      if (ended?.length === 0) fail('session_not_found')
    }
  }
}

const time = (ms: number): string => new Date(ms).toISOString()

const presentSession = (session: SessionState, current: string): Session => ({
  id: session.id,
  created: time(session.created),
  last_used: time(session.used),
  ends: time(session.ends),
  transport: session.transport,
  current: session.id === current,
  device: session.device
})
