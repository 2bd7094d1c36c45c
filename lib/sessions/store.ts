import type { Standing } from '../access/authenticate.js'
import { accountFrom, type Account } from '../accounts/account.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { defineScript, fieldsOf, type Fields } from '../redis/script.js'
import { sessionState, type SessionState } from './state.js'

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

export interface Lifetimes { access: number, refresh: number, session: number }

export interface NewSession {
  user: string
  id: string
  jti: string
  /** The password hash that was verified; another one by now and the session is not opened. */
  password: string
  scope: string
  transport: SessionState['transport']
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
  accessJti: string
  kid: string
}

/** A session and its account after a transition, and the store's clock at that moment. */
export interface Live { session: SessionState, account: Account, now: number }

export type Opened = { outcome: 'opened', evicted: string[] } & Live | { outcome: 'stale' | 'limit' }

export type Refreshed =
  | { outcome: 'rotated' | 'retried' | 'healed' } & Live
  | { outcome: 'inactive' | 'gone' | 'expired' | 'mismatch' }
  | { outcome: 'late_reuse', reason: string }
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
  /**
   * Ends sessions of a user: the one named, all others, or all. Repeating it changes nothing.
   * @param proof jti that must be the current one of `session`, else nothing ends and the answer is null
   * @returns ids of the sessions that ended
   */
  end: (user: string, which: Which, session: string, reason: string, proof?: string) => Promise<string[] | null>
  /** The open sessions of a user, those that lapse first at the front. */
  list: (user: string) => Promise<SessionState[]>
  /** What is true of a session and its account now, in one round trip. */
  standing: (user: string, session: string) => Promise<Standing>
}

interface Parts {
  redis: RedisClient
  names: KeyNames
  lifetimes: Lifetimes
  maxSessions: number
  atLimit: 'evict' | 'reject'
  /** Moves the clock of the scripts, in milliseconds; tests only. */
  skew: () => number
}

const script = (file: string): URL => new URL(`./lua/${file}.lua`, import.meta.url)

/** Functions that the scripts of other stores share. */
export const sharedScript = script('common')

/** What a script answers as JSON: one string is read several times as fast as nested lists. */
type Row = [outcome: string, now: string, session: Fields, user: Fields, evicted?: object]

const live = (id: string, [, now, session, user]: Row): Live => ({
  session: sessionState(id, session), account: accountFrom(user), now: Number(now)
})

const rowOf = (answer: unknown): Row => JSON.parse(answer as string) as Row

/** A list from Lua, where an empty one cannot be told from an empty object. */
const listOf = (list: object = {}): string[] => Object.values(list) as string[]

/** The session store in Redis. Its scripts are in `lua/`. */
export function createSessionStore ({ redis, names, lifetimes, maxSessions, atLimit, skew }: Parts): SessionStore {
  const define = (file: string) => defineScript(redis, sharedScript, script(file))
  const [open, rotate, end, list] = [define('open'), define('rotate'), define('end'), define('list')]
  const standing = defineScript(redis, script('standing'))

  return {
    open: async s => {
      const row = rowOf(await open(names.user(s.user), skew(), s.id, s.jti, s.password, s.scope, s.transport, s.grace, s.clientId,
        JSON.stringify(s.device), lifetimes.access, lifetimes.refresh, lifetimes.session, maxSessions, atLimit, s.kid, s.accessJti))
      if (row[0] !== 'opened') return { outcome: row[0] as 'stale' | 'limit' }
      return { outcome: 'opened', evicted: listOf(row[4]), ...live(s.id, row) }
    },

    rotate: async ({ token: r, successor, key, ask, accessJti, kid }) => {
      const row = rowOf(await rotate(names.user(r.user), skew(), r.session, r.jti, r.generation, r.rotated, r.expires, r.authTime, r.scope,
        successor, key, ask, lifetimes.access, lifetimes.refresh, kid, accessJti))
      return refreshed(r.session, row)
    },

    end: async (user, which, session, reason, proof = '') => {
      const [outcome, ids] = await end(names.user(user), skew(), which, session, reason, proof) as [string, string[]]
      return outcome === 'ended' ? ids : null
    },

    list: async user => {
      const rows = await list(names.user(user), skew()) as string[][]
      return rows.map(fieldsOf).map(fields => sessionState(fields.id ?? '', fields))
    },

    standing: async (user, session) => {
      const [lapses, fields] = JSON.parse(await standing(names.user(user), session) as string) as [string, string[]]
      return { lapses: Number(lapses), account: accountFrom(fieldsOf(fields)) }
    }
  }
}

function refreshed (id: string, row: Row): Refreshed {
  const [outcome] = row
  if (outcome === 'rotated' || outcome === 'retried' || outcome === 'healed') return { outcome, ...live(id, row) }
  const [, detail = '', more] = row as unknown as string[]
  if (outcome === 'late_reuse') return { outcome, reason: detail }
  if (outcome === 'reuse') return { outcome, token: detail === 'predecessor' ? detail : 'stale', orphan: more === 'orphan' }
  return { outcome: outcome as 'inactive' | 'gone' | 'expired' | 'mismatch' }
}
