// The rules of a refresh, small enough to be read at one go. The store in Redis is checked against them.

/** A refresh token; `rot` and `exp` are milliseconds, `authTime` is seconds, `bound` is whether it is to a key. */
export interface Token { id: string, sid: string, gen: number, rot: number, exp: number, authTime: number, bound: boolean }

export type Transport = 'bearer' | 'cookie' | 'dpop'

interface Session { by: Transport, gen: number, cur: Token, prev: string | null, key: string | null, used: number, authTime: number }
interface Tomb { by: Transport, gen: number, cur: string, prev: string | null, key: string | null, rot: number, exp: number, reason: string }

/** Milliseconds after a rotation in which its predecessor needs no key. */
const GRACE: Record<Transport, number> = { bearer: 0, cookie: 60_000, dpop: Infinity }

/** What the store holds of one user. */
export interface World {
  active: boolean
  password: string
  sessions: Map<string, Session>
  tombs: Map<string, Tomb>
}

export const newWorld = (password: string): World => ({ active: true, password, sessions: new Map(), tombs: new Map() })

export type Verdict = 'rotated' | 'retried' | 'healed' | 'refresh_token_invalid' | 'invalid_dpop_proof' | 'refresh_token_reused' | 'refresh_token_expired' | 'session_ended' | 'account_inactive'

export const isAlive = (session: Session | undefined, now: number): session is Session => session !== undefined && session.cur.exp > now

export function end (world: World, sid: string, now: number, reason: string): void {
  const s = world.sessions.get(sid)
  world.sessions.delete(sid)
  if (s && s.cur.exp > now) world.tombs.set(sid, { by: s.by, gen: s.gen, cur: s.cur.id, prev: s.prev, key: s.key, rot: s.cur.rot, exp: s.cur.exp, reason })
}

export function endAll (world: World, now: number, reason: string, spared?: string): void {
  for (const [sid, session] of world.sessions) if (sid !== spared && isAlive(session, now)) end(world, sid, now, reason)
}

/** What is said, to whoever listens, of each verdict but reuse. */
const told = {
  rotated: 'refresh rotated',
  retried: 'refresh retried',
  healed: 'store_behind',
  refresh_token_invalid: 'refresh_refused other_transport',
  // Refused before the session is looked at.
  invalid_dpop_proof: undefined,
  refresh_token_expired: 'refresh_refused expired',
  session_ended: 'refresh_refused gone',
  account_inactive: 'refresh_refused inactive'
}

interface Judgement {
  verdict: Verdict
  tells: string | undefined
  /** Tells the world what came of it, once the successor is known. */
  apply: (successor?: Token, later?: number) => void
}

/** Whether R may be answered again: with its key however late, or within the grace that goes with the transport. */
const mayRetry = ({ by, prev, key, rot }: Pick<Tomb, 'by' | 'prev' | 'key' | 'rot'>, R: Token, shown: string | null, now: number): boolean =>
  prev === R.id && ((shown !== null && shown === key) || (GRACE[by] > 0 && now < rot + GRACE[by]))

/** What must come of presenting R. @param by how it is presented */
export function judge (world: World, R: Token, key: string | null, now: number, by: Transport): Judgement {
  const nothing = (verdict: keyof typeof told): Judgement => ({ verdict, tells: told[verdict], apply: () => {} })
  if (R.bound !== (by === 'dpop')) return nothing('invalid_dpop_proof')
  const s = world.sessions.get(R.sid)
  const expired = R.exp <= now
  if (!isAlive(s, now)) {
    const tomb = world.tombs.get(R.sid)
    if (isLate(tomb, R, key, now)) return { ...nothing('session_ended'), tells: `late_reuse ${tomb.reason}` }
    return nothing(expired ? 'refresh_token_expired' : world.active ? 'session_ended' : 'account_inactive')
  }
  if (s.by !== by) return nothing('refresh_token_invalid')
  if (!world.active) return { ...nothing('account_inactive'), apply: () => { end(world, R.sid, now, 'inactive') } }

  // The session knows of a proof that came after R; what heals it, knows no better.
  const authTime = (verdict: 'rotated' | 'healed'): number => verdict === 'healed' ? Math.min(R.authTime, s.authTime) : s.authTime
  const moving = (verdict: 'rotated' | 'healed'): Judgement => ({
    ...nothing(verdict),
    apply: (successor, later = now) => { world.sessions.set(R.sid, { by, gen: R.gen + 1, cur: successor!, prev: R.id, key, used: Math.min(successor!.rot, later), authTime: authTime(verdict) }) }
  })
  if (s.cur.id === R.id) return expired ? nothing('refresh_token_expired') : moving('rotated')
  if (mayRetry({ ...s, rot: s.cur.rot }, R, key, now)) return nothing(expired ? 'refresh_token_expired' : 'retried')
  if (R.gen > s.gen && R.rot > s.cur.rot) return expired ? nothing('refresh_token_expired') : moving('healed')
  return { verdict: 'refresh_token_reused', tells: `reuse ${R.id === s.prev ? 'predecessor' : 'stale'}`, apply: () => { end(world, R.sid, now, 'reuse') } }
}

/** What must come of a call with the access token that came with R. @param latestOnly REVOKE_PREVIOUS_ACCESS */
export function judgeCall (world: World, R: Token, access: { iat: number, exp: number }, latestOnly: boolean, leeway: number, now: number, by: Transport): string | undefined {
  if (access.exp * 1000 + leeway <= now) return 'access_token_expired'
  if (access.iat * 1000 - leeway > now) return 'access_token_invalid'
  if (R.bound !== (by === 'dpop')) return R.bound ? 'access_token_bound' : 'access_token_unbound'
  const s = world.sessions.get(R.sid)
  if (!isAlive(s, now)) return 'session_ended'
  if (s.by !== by) return 'access_token_invalid'
  if (latestOnly && R.gen < s.gen) return 'access_token_replaced'
  return world.active ? undefined : 'account_inactive'
}

/** Whether a token that comes to an ended session was spent before, and is no retry of a lost answer. */
function isLate (t: Tomb | undefined, R: Token, key: string | null, now: number): t is Tomb {
  if (!t || t.exp <= now) return false
  return R.id !== t.cur && R.gen <= t.gen && !mayRetry(t, R, key, now)
}
