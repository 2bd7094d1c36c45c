import { scopeList } from '../access/scopes.js'
import type { Account } from '../accounts/account.js'
import { fail } from '../errors.js'
import { fromCursor, toCursor } from '../http/cursor.js'
import { presented, type Credential } from './credential.js'
import { mintAccess } from './mint.js'
import { createOpen, type Login, type OpenParts } from './open.js'
import { present } from './present.js'
import { createRefresh, type RefreshCall, type RefreshParts } from './refresh.js'
import type { AccessToken, Session, TokenPair } from './schema.js'
import type { Transport } from './state.js'
import type { Which } from './transitions.js'

/** Who ends sessions and why; `reason` is what stays in the tombstone. */
export interface End { user: string, which: Which, session: string, reason: string, proof?: string, transport?: Transport }

export interface Sessions {
  /** @throws `insufficient_scope`, `session_limit_reached`, `invalid_dpop_proof`, `invalid_credentials` if the password changed meanwhile */
  open: (login: Login) => Promise<TokenPair>
  /** @throws `refresh_token_*`, `invalid_dpop_proof`, `too_many_requests`, `session_ended`, `account_inactive`, `insufficient_scope`, `invalid_request` */
  refresh: (call: RefreshCall) => Promise<TokenPair>
  /** An access token for a session whose user's password was verified just now. @throws `session_ended`, `invalid_credentials` if the password changed meanwhile */
  reauthenticate: (account: Account, session: string) => Promise<AccessToken>
  /** Ends sessions; those that ended before count as done. @throws `access_token_invalid` if the session is not of that transport */
  end: (end: End) => Promise<void>
  /** Ends sessions on the strength of a refresh token: its own, or with the current one all or all others. @throws `refresh_token_invalid`, `insufficient_scope` */
  endByRefreshToken: (token: string, which: Which, credential?: Credential) => Promise<void>
  /** The open sessions of a user, by id. @param current id of the session that asks */
  list: (user: string, current: string, limit: number, cursor: string | undefined) => Promise<{ items: Session[], next: string | null }>
  /** Ends one session. @throws `session_not_found` */
  revoke: (user: string, session: string) => Promise<void>
}

interface Parts extends OpenParts, RefreshParts {
  /** Whether sessions have refresh tokens. */
  refreshes: boolean
}

const ID = /^[A-Za-z0-9_-]{1,64}$/

export function createSessions (parts: Parts): Sessions {
  const { store, codec, sealing, refreshes, randomId, durable, report } = parts

  const end = async ({ user, which, session, reason, proof, transport }: End): Promise<string[] | null> => {
    const ended = await store.end(user, which, session, reason, proof, transport)
    if (ended && ended.length > 0) report({ type: 'sessions_ended', user, sessions: ended, reason })
    await durable()
    return ended
  }

  return {
    open: createOpen(parts),

    refresh: refreshes ? createRefresh(parts) : async () => fail('refresh_not_offered'),

    reauthenticate: async ({ id: user, password }, session) => {
      const proved = await store.reauthenticate({ user, session, password, accessJti: randomId(), kid: await codec.signing() })
      if (proved.outcome === 'gone') return fail('session_ended')
      if (proved.outcome !== 'proved') return fail('invalid_credentials')
      report({ type: 'reauthenticated', user, session })
      return mintAccess(codec, proved, true)
    },

    end: async request => { if (await end(request) === null) fail('access_token_invalid') },

    endByRefreshToken: async (token, which, { transport = 'bearer', proof, admit } = {}) => {
      const { user, session, jti, scope } = await presented(codec, token, proof)
      admit?.(session)
      if (which !== 'one' && !scopeList(scope).includes('sessions')) fail('insufficient_scope', { scope: 'sessions', subject: { user, session } })
      await proof?.spend()
      const ended = await end({ user, which, session, reason: 'logout', transport, ...(which === 'one' ? {} : { proof: jti }) })
      if (ended === null) fail('refresh_token_invalid')
    },

    list: async (user, current, limit, cursor) => {
      const after = cursor === undefined ? '' : fromCursor(cursor, ID)
      const rest = (await store.list(user)).filter(({ id }) => id > after).sort((a, b) => a.id < b.id ? -1 : 1)
      const page = rest.slice(0, limit)
      const seal = await sealing.forUser(user)
      return { items: page.map(session => present(session, seal, current)), next: rest.length > limit ? toCursor(page.at(-1)!.id) : null }
    },

    revoke: async (user, session) => {
      const ended = await end({ user, which: 'one', session, reason: 'revoked' })
      if (ended?.length === 0) fail('session_not_found')
    }
  }
}
