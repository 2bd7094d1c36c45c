import { scopeList, scopeText, type ScopesOf } from '../access/scopes.js'
import type { Account } from '../accounts/account.js'
import type { Proof } from '../dpop/proof.js'
import { fail, type Policy } from '../errors.js'
import type { Report } from '../events.js'
import { fromCursor, toCursor } from '../http/cursor.js'
import type { Sealing } from '../sealing/service.js'
import type { Codec } from '../tokens/codec.js'
import { OURS, type SessionClient } from './client.js'
import { presented, type Credential } from './credential.js'
import { openDevice, sealDevice } from './device.js'
import { graceOf } from './grace.js'
import { mintAccess, mintPair } from './mint.js'
import { createRefresh, type RefreshCall } from './refresh.js'
import type { AccessToken, Session, TokenPair } from './schema.js'
import { narrowed, within } from './scope.js'
import type { Device, SessionState, Transport } from './state.js'
import type { SessionStore } from './store.js'
import type { Which } from './transitions.js'

/** A login whose password was verified; its tokens are bound to the key that is proved with it. */
export interface Login {
  account: Account
  scope: string | undefined
  device: Device
  transport?: Transport
  proof?: Proof | undefined
  /** Whose tokens they are, and the most that those may carry; default: our own client, which may all that the account may. */
  client?: SessionClient
}

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

interface Parts {
  store: SessionStore
  codec: Codec
  sealing: Pick<Sealing, 'forUser'>
  /** Milliseconds. */
  grace: number
  scopesOf: ScopesOf
  /** Whether sessions have refresh tokens. */
  refreshes: boolean
  randomId: () => string
  /** What clients are told of how fast a session may rotate. */
  limit: Policy
  durable: () => Promise<void>
  incident: () => Promise<boolean>
  report: Report
}

const ID = /^[A-Za-z0-9_-]{1,64}$/

export function createSessions (parts: Parts): Sessions {
  const { store, codec, sealing, grace, scopesOf, refreshes, randomId, durable, report } = parts

  const end = async ({ user, which, session, reason, proof, transport }: End): Promise<string[] | null> => {
    const ended = await store.end(user, which, session, reason, proof, transport)
    if (ended && ended.length > 0) report({ type: 'sessions_ended', user, sessions: ended, reason })
    await durable()
    return ended
  }

  return {
    open: async ({ account, scope, device, proof, transport: asked = 'bearer', client = OURS }) => {
      const allowed = within(scopesOf(account), client.scope)
      const transport = proof ? 'dpop' : asked
      await proof?.spend()
      const opened = await store.open({
        user: account.id,
        id: randomId(),
        jti: randomId(),
        password: account.password,
        scope: scope === undefined ? scopeText(allowed) : narrowed(scope, allowed, { user: account.id }),
        transport,
        clientId: client.id,
        jkt: proof?.jkt,
        grace: graceOf(transport, grace),
        device: sealDevice(await sealing.forUser(account.id), device),
        accessJti: randomId(),
        kid: await codec.signing()
      })
      if (opened.outcome === 'limit') return fail('session_limit_reached')
      if (opened.outcome !== 'opened') return fail('invalid_credentials')
      report({ type: 'login', user: account.id, session: opened.session.id })
      if (opened.evicted.length > 0) report({ type: 'sessions_ended', user: account.id, sessions: opened.evicted, reason: 'evicted' })
      return mintPair(codec, opened, true)
    },

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
      return { items: page.map(session => ({ ...presentSession(session, current), device: openDevice(seal, session.device) })), next: rest.length > limit ? toCursor(page.at(-1)!.id) : null }
    },

    revoke: async (user, session) => {
      const ended = await end({ user, which: 'one', session, reason: 'revoked' })
      if (ended?.length === 0) fail('session_not_found')
    }
  }
}

const time = (ms: number): string => new Date(ms).toISOString()

const presentSession = (session: SessionState, current: string): Omit<Session, 'device'> => ({
  id: session.id,
  created: time(session.created),
  last_used: time(session.used),
  ends: time(session.ends),
  transport: session.transport,
  current: session.id === current
})
