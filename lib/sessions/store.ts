import type { Standing } from '../access/authenticate.js'
import { accountFrom, type Account } from '../accounts/account.js'
import type { Stamp } from '../audit/stamp.js'
import type { Pace } from '../limits/pace.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { defineScript, fieldsOf, listOf, type Fields } from '../redis/script.js'
import type { Sealing } from '../sealing/service.js'
import { sharedScript } from './shared-script.js'
import { sessionState, transportFrom, type SessionState, type Transport } from './state.js'

/** A refresh token as it was presented. `rotated` and `expires` are milliseconds, `authTime` is seconds. */
export interface PresentedToken {
  user: string
  session: string
  jti: string
  generation: number
  rotated: number
  expires: number
  authTime: number
  scope: string
}

/** In milliseconds; without a lifetime of refresh tokens a session has none. */
export interface Lifetimes { access: number, refresh: number, session: number }

export interface NewSession {
  user: string
  id: string
  jti: string
  /** The password hash that was verified; another one by now and the session is not opened. */
  password: string
  scope: string
  transport: Transport
  /** Thumbprint of the key that its tokens are bound to, if they are. */
  jkt?: string | undefined
  clientId: string
  /** Milliseconds after a rotation in which its predecessor is answered again without an Idempotency-Key. */
  grace: number
  device: SessionState['device']
  accessJti: string
  kid: string
}

export interface Rotation {
  token: PresentedToken
  /** jti of the successor, should there be one. */
  successor: string
  /** Hash of the Idempotency-Key, or ''. */
  key: string
  /** The scope asked for, or '' for all that was granted. */
  ask: string
  /** How the token came. */
  transport: Transport
  /** Thumbprint of the key that was shown with it, if one was. */
  jkt?: string | undefined
  accessJti: string
  kid: string
}

/** A user who has just proved who they are. */
export interface Proof {
  user: string
  session: string
  /** The password hash that was verified; another one by now and nothing happens. */
  password: string
  accessJti: string
  kid: string
}

/** A session and its account after a transition, and the store's clock at that moment. */
export interface Live { session: SessionState, account: Account, now: number }

export type Opened = { outcome: 'opened', evicted: string[] } & Live | { outcome: 'stale' | 'limit' }

export type Proved = { outcome: 'proved' } & Live | { outcome: 'gone' | 'stale' }

export type Refreshed =
  | { outcome: 'rotated' | 'retried' | 'healed' } & Live
  | { outcome: 'other_transport' | 'inactive' | 'gone' | 'expired' | 'mismatch' }
  | { outcome: 'late_reuse', reason: string }
  /** Too soon after other rotations: nothing was changed. `wait` is milliseconds until it would not be. */
  | { outcome: 'limited', wait: number }
  | { outcome: 'reuse', token: 'predecessor' | 'stale', orphan: boolean }

export type Which = 'one' | 'others' | 'all'

/**
 * The sessions of all users and their refresh tokens.
 *
 * Callers rely on: every call is one atomic transition, seen by all replicas at once. A refresh token is
 * spent by exactly one rotation. A session that has ended never comes back. At no moment has an account
 * more than the most sessions. Expiry is judged on the store's own clock, to the millisecond. State per
 * session does not grow with the number of its refreshes.
 */
export interface SessionStore {
  open: (session: NewSession) => Promise<Opened>
  rotate: (rotation: Rotation) => Promise<Refreshed>
  /** Notes that the user has just been authenticated and mints an access token; the refresh token stays. */
  reauthenticate: (proof: Proof) => Promise<Proved>
  /**
   * Ends sessions of a user: the one named, all others, or all. Repeating it changes nothing.
   * @param proof jti that must be the current one of `session`, else nothing ends and the answer is null
   * @param transport that `session` must have unless it is gone, likewise
   * @returns ids of the sessions that ended
   */
  end: (user: string, which: Which, session: string, reason: string, proof?: string, transport?: Transport) => Promise<string[] | null>
  /** The open sessions of a user, those that lapse first at the front. */
  list: (user: string) => Promise<SessionState[]>
  /** The account of a refresh token that would be rotated if it came now, by that way; else undefined. Nothing is changed. */
  unspent: (user: string, session: string, jti: string, transport: Transport) => Promise<Account | undefined>
  /** What is true of a session and its account now, in one round trip. */
  standing: (user: string, session: string) => Promise<Standing>
}

interface Parts {
  redis: RedisClient
  names: KeyNames
  /** Opens what is personal in the account of a session. */
  sealing: Pick<Sealing, 'withSalt'>
  lifetimes: Lifetimes
  maxSessions: number
  atLimit: 'evict' | 'reject'
  /** How fast a session may rotate. */
  pace: Pace
  stamp: Stamp
  /** Whether each rotation is recorded, and not only what is unusual. */
  recordRotations: boolean
  /** Moves the clock of the scripts, in milliseconds; tests only. */
  skew: () => number
}

const script = (file: string): URL => new URL(`./lua/${file}.lua`, import.meta.url)

/** What a script answers as JSON: one string is read several times as fast as nested lists. */
type Row = [outcome: string, now: string, session: Fields, user: Fields, evicted?: object]

const rowOf = (answer: unknown): Row => JSON.parse(answer as string) as Row

/** The session store in Redis. Its scripts are in `lua/`. */
export function createSessionStore ({ redis, names, sealing, lifetimes, maxSessions, atLimit, pace, stamp, recordRotations, skew }: Parts): SessionStore {
  const define = (file: string) => defineScript(redis, sharedScript, script(file))
  const [open, rotate, reauthenticate, end, list, unspent] = [define('open'), define('rotate'), define('reauthenticate'), define('end'), define('list'), define('unspent')]
  const standing = defineScript(redis, script('standing'))
  const live = (id: string, [, now, session, user]: Row): Live => ({
    session: sessionState(id, session), account: accountFrom(user, sealing), now: Number(now)
  })

  return {
    open: async s => {
      const row = rowOf(await open(names.user(s.user), await stamp(s.user), s.id, s.jti, s.password, s.scope, s.transport, s.grace, s.clientId,
        s.device, lifetimes.access, lifetimes.refresh, lifetimes.session, maxSessions, atLimit, s.kid, s.accessJti, s.jkt ?? ''))
      if (row[0] !== 'opened') return { outcome: row[0] as 'stale' | 'limit' }
      return { outcome: 'opened', evicted: listOf(row[4]), ...live(s.id, row) }
    },

    rotate: async ({ token: r, successor, key, ask, transport, jkt = '', accessJti, kid }) => {
      const row = rowOf(await rotate(names.user(r.user), await stamp(r.user), r.session, r.jti, r.generation, r.rotated, r.expires, r.authTime, r.scope,
        successor, key, ask, lifetimes.access, lifetimes.refresh, kid, accessJti, transport, jkt, pace.spacing, pace.tolerance, recordRotations ? '1' : ''))
      return isLive(row[0]) ? { outcome: row[0], ...live(r.session, row) } : refused(row)
    },

    reauthenticate: async ({ user, session, password, accessJti, kid }) => {
      const row = rowOf(await reauthenticate(names.user(user), await stamp(user), session, password, lifetimes.access, kid, accessJti))
      if (row[0] !== 'proved') return { outcome: row[0] as 'gone' | 'stale' }
      return { outcome: 'proved', ...live(session, row) }
    },

    end: async (user, which, session, reason, proof = '', transport) => {
      const [outcome, ids] = await end(names.user(user), await stamp(user), which, session, reason, proof, transport ?? '') as [string, string[]]
      return outcome === 'ended' ? ids : null
    },

    list: async user => {
      const rows = await list(names.user(user), skew()) as string[][]
      return rows.map(fieldsOf).map(fields => sessionState(fields.id ?? '', fields))
    },

    unspent: async (user, session, jti, transport) => {
      const [is, fields] = JSON.parse(await unspent(names.user(user), skew(), session, jti, transport) as string) as [boolean, string[]]
      return is ? accountFrom(fieldsOf(fields), sealing) : undefined
    },

    standing: async (user, session) => {
      const [lapses, transport, generation, fields] = JSON.parse(await standing(names.user(user), session) as string) as [string, string | false, string | false, string[]]
      return { lapses: Number(lapses), transport: transportFrom(transport), generation: Number(generation), account: accountFrom(fieldsOf(fields), sealing) }
    }
  }
}

const isLive = (outcome: string): outcome is 'rotated' | 'retried' | 'healed' => ['rotated', 'retried', 'healed'].includes(outcome)

function refused (row: Row): Refreshed {
  const [outcome, detail = '', more] = row as unknown as string[]
  if (outcome === 'late_reuse') return { outcome, reason: detail }
  if (outcome === 'limited') return { outcome, wait: Number(detail) }
  if (outcome === 'reuse') return { outcome, token: detail === 'predecessor' ? detail : 'stale', orphan: more === 'orphan' }
  return { outcome: outcome as 'other_transport' | 'inactive' | 'gone' | 'expired' | 'mismatch' }
}
