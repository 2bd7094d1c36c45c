import type { Standing } from '../access/authenticate.js'
import type { Account } from '../accounts/account.js'
import type { Stamp } from '../audit/stamp.js'
import type { Pace } from '../limits/pace.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { defineScript } from '../redis/script.js'
import { endedIn, openedIn, ownerIn, provedIn, refreshedIn, sessionsIn, standingIn, type Opener } from './answers.js'
import type { Lifetimes } from './lifetimes.js'
import { sharedScript } from './shared-script.js'
import type { SessionState, Transport } from './state.js'
import type { NewSession, Opened, Proof, Proved, Refreshed, Rotation, Which } from './transitions.js'

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
  sealing: Opener
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

/** The session store in Redis. Its scripts are in `lua/`, what they answer in `answers.ts`. */
export function createSessionStore ({ redis, names, sealing, lifetimes, maxSessions, atLimit, pace, stamp, recordRotations, skew }: Parts): SessionStore {
  const define = (file: string) => defineScript(redis, sharedScript, script(file))
  const [open, rotate, reauthenticate, end, list, unspent] = [define('open'), define('rotate'), define('reauthenticate'), define('end'), define('list'), define('unspent')]
  const standing = defineScript(redis, script('standing'))

  return {
    open: async s => openedIn(await open(names.user(s.user), await stamp(s.user), s.id, s.jti, s.password, s.scope, s.transport, s.grace, s.clientId,
      s.device, lifetimes.access, lifetimes.refresh, lifetimes.session, maxSessions, atLimit, s.kid, s.accessJti, s.jkt ?? ''), s.id, sealing),

    rotate: async ({ token: r, successor, key, ask, transport, jkt = '', accessJti, kid }) =>
      refreshedIn(await rotate(names.user(r.user), await stamp(r.user), r.session, r.jti, r.generation, r.rotated, r.expires, r.authTime, r.scope,
        successor, key, ask, lifetimes.access, lifetimes.refresh, kid, accessJti, transport, jkt, pace.spacing, pace.tolerance, recordRotations ? '1' : ''), r.session, sealing),

    reauthenticate: async ({ user, session, password, accessJti, kid }) =>
      provedIn(await reauthenticate(names.user(user), await stamp(user), session, password, lifetimes.access, kid, accessJti), session, sealing),

    end: async (user, which, session, reason, proof = '', transport) =>
      endedIn(await end(names.user(user), await stamp(user), which, session, reason, proof, transport ?? '')),

    list: async user => sessionsIn(await list(names.user(user), skew())),

    unspent: async (user, session, jti, transport) => ownerIn(await unspent(names.user(user), skew(), session, jti, transport), sealing),

    standing: async (user, session) => standingIn(await standing(names.user(user), session), sealing)
  }
}
