// The rules of a refresh, small enough to be read at one go. The store in Redis is checked against them.

/** A refresh token; `rot` and `exp` are milliseconds. */
export interface Token { id: string, sid: string, gen: number, rot: number, exp: number }

interface Session { gen: number, cur: Token, prev: string | null, key: string | null, used: number }
interface Tomb { gen: number, cur: string, prev: string | null, key: string | null, exp: number }

/** What the store holds of one user. */
export interface World {
  active: boolean
  password: string
  sessions: Map<string, Session>
  tombs: Map<string, Tomb>
}

export const newWorld = (password: string): World => ({ active: true, password, sessions: new Map(), tombs: new Map() })

export type Verdict = 'rotated' | 'retried' | 'healed' | 'refresh_token_reused' | 'refresh_token_expired' | 'session_ended' | 'account_inactive'

export const isAlive = (session: Session | undefined, now: number): session is Session => session !== undefined && session.cur.exp > now

export function end (world: World, sid: string, now: number): void {
  const s = world.sessions.get(sid)
  world.sessions.delete(sid)
  if (s && s.cur.exp > now) world.tombs.set(sid, { gen: s.gen, cur: s.cur.id, prev: s.prev, key: s.key, exp: s.cur.exp })
}

export function endAll (world: World, now: number, spared?: string): void {
  for (const [sid, session] of world.sessions) if (sid !== spared && isAlive(session, now)) end(world, sid, now)
}

/** What must come of presenting R; `apply` tells the world what did, once the successor is known. */
export function judge (world: World, R: Token, key: string | null, now: number): { verdict: Verdict, apply: (successor?: Token, later?: number) => void } {
  const nothing = (verdict: Verdict) => ({ verdict, apply: () => {} })
  const ending = (verdict: Verdict) => ({ verdict, apply: () => { end(world, R.sid, now) } })
  const s = world.sessions.get(R.sid)
  const expired = R.exp <= now
  if (!isAlive(s, now)) return nothing(expired && !isLate(world.tombs.get(R.sid), R, key, now) ? 'refresh_token_expired' : isLate(world.tombs.get(R.sid), R, key, now) || world.active ? 'session_ended' : 'account_inactive')
  if (!world.active) return ending('account_inactive')

  const moving = (verdict: Verdict) => ({
    verdict,
    apply: (successor?: Token, later = now) => { world.sessions.set(R.sid, { gen: R.gen + 1, cur: successor!, prev: R.id, key, used: Math.min(successor!.rot, later) }) }
  })
  if (s.cur.id === R.id) return expired ? nothing('refresh_token_expired') : moving('rotated')
  if (s.prev === R.id && key !== null && key === s.key) return nothing(expired ? 'refresh_token_expired' : 'retried')
  if (R.gen > s.gen && R.rot > s.cur.rot) return expired ? nothing('refresh_token_expired') : moving('healed')
  return ending('refresh_token_reused')
}

/** Whether a token that comes to an ended session was spent before, and is no retry of a lost answer. */
function isLate (t: Tomb | undefined, R: Token, key: string | null, now: number): boolean {
  if (!t || t.exp <= now) return false
  return R.id !== t.cur && R.gen <= t.gen && !(R.id === t.prev && key !== null && key === t.key)
}
