import fc from 'fast-check'
import type { Redis } from 'ioredis'
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import type { AuthEvent } from '#lib/events.js'
import type { AccessClaims } from '#lib/tokens/claims.js'
import { claimsIn, keysOf, PASSWORD, start, type Answer, type Running } from '../../support/app.js'
import { newHolder, type Holder } from '../../support/dpop.js'
import { cookiesSet, headerOf, OWN } from '../../support/jar.js'
import { end, endAll, isAlive, judge, judgeCall, newWorld, type Token, type Transport, type World } from './model.js'

// No sum of steps comes within minutes of a lifetime, so that the few seconds of a run decide nothing.
const STEPS = [-1_000, 1_000, 3_000, 9_000]
const LIFETIMES = { SESSION_TIMEOUT: '900', REFRESH_TIMEOUT: '10333', SESSION_MAX_AGE: '50777', MAX_SESSION: '2' }
const SETTINGS = [{}, { ACCESS_TOKEN_FORMAT: 'opaque', REVOKE_PREVIOUS_ACCESS: 'on' }]
const LEEWAY = 2_000

type Dump = Array<{ key: string, value: Buffer, ttl: number }>

/** The tokens of an answer, and how they came. */
interface Tokens { access: string, refresh: string, by: Transport }
interface Issued { token: Token, tokens: Tokens, access: AccessClaims }

/** Compares what the service did with what the model says; a difference ends the history. */
type Expect = (found: unknown, wanted: unknown, what: string) => void

/** The real thing and the model of it, side by side, with one user. */
interface Pair {
  real: Running
  /** The user's client, if it has a key. */
  holder: Holder
  latestOnly: boolean
  /** What was said of refreshes since it was last looked at. */
  told: string[]
  uid: string
  username: string
  world: World
  issued: Issued[]
  snapshots: Array<{ dump: Dump, world: World }>
  passwords: number
}

const nowOf = ({ real }: Pair): number => Date.now() + real.clock.skew()

const tokenOf = (refresh: string): Token => {
  const { jti, sid, gen, rot, exp, auth_time: authTime, cnf } = claimsIn(refresh)
  return { id: jti, sid, gen, rot, exp: exp * 1000, authTime, bound: cnf !== undefined }
}

const tokensIn = (answer: Answer): Tokens => {
  const { gc_access: access, gc_refresh: refresh } = cookiesSet(answer)
  return access && refresh
    ? { access: access.value, refresh: refresh.value, by: 'cookie' }
    : { access: answer.body.access_token, refresh: answer.body.refresh_token, by: answer.body.token_type === 'DPoP' ? 'dpop' : 'bearer' }
}

const note = (p: Pair, answer: Answer): Token => {
  const tokens = tokensIn(answer)
  const token = tokenOf(tokens.refresh)
  // While it is good: its claims are not to be had from an opaque one in another way.
  p.issued.push({ token, tokens, access: p.real.app.codec.verify('access', tokens.access) as AccessClaims })
  return token
}

/** Calls a route that takes a refresh token, by the one transport or the other. */
const callWith = ({ real, holder }: Pair, url: string, { token: { sid }, tokens }: Issued, by: Transport, body: object, headers: Record<string, string> = {}): Promise<Answer> => {
  if (by === 'dpop') return holder.ask(url, { ...body, refresh_token: tokens.refresh }, { headers })
  if (by === 'bearer') return real.call('POST', url, { body: { ...body, refresh_token: tokens.refresh }, headers })
  const csrf = real.app.cookieGuard.tokenOf(sid)
  return real.call('POST', url, { body, headers: { ...headers, origin: OWN, 'x-csrf-token': csrf, cookie: headerOf({ gc_refresh: tokens.refresh, gc_csrf: csrf }) } })
}

/** The transport of the session, or the other one. */
const way = ({ tokens: { by } }: Issued, isWrong: boolean): Transport => isWrong ? wrongWays[by] : by
const wrongWays: Record<Transport, Transport> = { bearer: 'cookie', cookie: 'bearer', dpop: 'bearer' }

/** Calls a route with an access token, by the one transport or the other. */
const callAs = ({ real, holder }: Pair, method: 'GET' | 'POST', url: string, { token: { sid }, tokens: { access } }: Issued, by: Transport, body?: object): Promise<Answer> => {
  const given = body === undefined ? {} : { body }
  if (by === 'dpop') return holder.call(method, url, access, given)
  if (by === 'bearer') return real.call(method, url, { token: access, ...given })
  const csrf = real.app.cookieGuard.tokenOf(sid)
  return real.call(method, url, { headers: method === 'GET' ? { cookie: headerOf({ gc_access: access }) } : { origin: OWN, 'x-csrf-token': csrf, cookie: headerOf({ gc_access: access, gc_csrf: csrf }) }, ...given })
}

const login = async (p: Pair, expect: Expect, by: Transport): Promise<void> => {
  const body = { username: p.username, password: p.world.password }
  const answer = await (by === 'dpop' ? p.holder.ask('/v1/auth/login', body) : p.real.call('POST', '/v1/auth/login', { body: { ...body, transport: by } }))
  const { status } = answer
  expect(status, p.world.active ? 200 : 401, 'a login works while the account is active')
  if (status !== 200) return
  const now = nowOf(p)
  const open = [...p.world.sessions].filter(([, s]) => isAlive(s, now)).sort(([x, a], [y, b]) => a.used - b.used || (x < y ? -1 : 1))
  if (open.length >= 2) end(p.world, open[0]![0], now, 'evicted')
  const token = note(p, answer)
  const { fresh, auth_time: authTime, iat } = p.issued.at(-1)!.access
  expect({ fresh, authTime }, { fresh: true, authTime: iat }, 'the user has just proved who they are')
  p.world.sessions.set(token.sid, { by, gen: 0, cur: token, prev: null, key: null, used: token.rot, authTime: token.authTime })
}

const aboutRefreshes = new Set(['refresh', 'refresh_refused', 'store_behind', 'reuse', 'late_reuse'])

/** An event in the words of the model, or undefined for one of something else. */
const sentence = (event: AuthEvent): string | undefined => {
  if (!aboutRefreshes.has(event.type)) return undefined
  const detail = 'outcome' in event ? event.outcome : event.type === 'reuse' ? event.token : event.type === 'late_reuse' ? event.reason : undefined
  return detail === undefined ? event.type : `${event.type} ${detail}`
}

const refresh = async (p: Pair, expect: Expect, which: number, key: number | null, isWrong: boolean): Promise<void> => {
  const entry = p.issued.at(-1 - which % (p.issued.length || 1))
  if (!entry) return
  const idempotencyKey = key === null ? null : createHash('sha256').update(`${entry.token.id}|${key}`).digest('hex')
  const by = way(entry, isWrong)
  const { verdict, tells, apply } = judge(p.world, entry.token, idempotencyKey, nowOf(p), by)
  const answer = await callWith(p, '/v1/auth/refresh', entry, by, {}, idempotencyKey === null ? {} : { 'idempotency-key': idempotencyKey })
  const { status, body } = answer
  expect(p.told.splice(0), tells === undefined ? [] : [tells], 'what is said of it')
  if (verdict === 'rotated' || verdict === 'healed') {
    expect(status, 200, `${verdict}, not ${body.code}`)
    const token = note(p, answer)
    expect(token.gen, entry.token.gen + 1, 'one generation further')
    expect(token.rot > entry.token.rot, true, 'time goes on within a session')
    apply(token, nowOf(p))
    const { fresh, auth_time: authTime } = p.issued.at(-1)!.access
    return expect({ fresh, authTime }, { fresh: undefined, authTime: p.world.sessions.get(token.sid)?.authTime }, 'a refresh proves nothing, and does not say so')
  }
  apply()
  if (verdict !== 'retried') return expect({ status, code: body.code }, { status: 401, code: verdict }, 'refused')
  expect(status, 200, `retried, not ${body.code}`)
  expect(tokenOf(tokensIn(answer).refresh).id, p.world.sessions.get(entry.token.sid)?.cur.id, 'the same successor')
}

/** A token with another signature. Any sign but the last of one means six of its bits. */
const spoilt = (token: string): string => token.replace(/[^.](?=[^.]*$)/, sign => sign === 'A' ? 'B' : 'A')

const garbage = async (p: Pair, expect: Expect, which: number): Promise<void> => {
  const entry = p.issued.at(-1)
  if (!entry) return
  const { access, refresh: token } = entry.tokens
  const forged = [access, spoilt(token), token.split('.').slice(0, 2).join('.'), 'garbage', token.replace('.', '.e30')][which % 5]!
  const { status, body } = await p.real.refresh(forged)
  expect({ status, code: body.code }, { status: 401, code: 'refresh_token_invalid' }, 'what is no refresh token of ours changes nothing')
}

const call = async (p: Pair, expect: Expect, which: number, isWrong: boolean): Promise<void> => {
  const entry = p.issued.at(-1 - which % (p.issued.length || 1))
  if (!entry) return
  const by = way(entry, isWrong)
  const expected = judgeCall(p.world, entry.token, entry.access, p.latestOnly, LEEWAY, nowOf(p), by)
  const { status, body } = await callAs(p, 'GET', '/v1/users/me', entry, by)
  expect({ status, code: body.code }, { status: expected === undefined ? 200 : 401, code: expected }, 'a call')
}

const reauthenticate = async (p: Pair, expect: Expect, which: number): Promise<void> => {
  const entry = p.issued.at(-1 - which % (p.issued.length || 1))
  if (!entry) return
  const { token: { sid }, tokens: { by } } = entry
  const expected = judgeCall(p.world, entry.token, entry.access, p.latestOnly, LEEWAY, nowOf(p), by)
  const answer = await callAs(p, 'POST', '/v1/auth/reauthenticate', entry, by, { password: p.world.password })
  const { status, body } = answer
  expect({ status, code: body.code }, { status: expected === undefined ? 200 : 401, code: expected }, 'the password again')
  if (status !== 200) return
  const claims = p.real.app.codec.verify('access', body.access_token ?? cookiesSet(answer).gc_access?.value) as AccessClaims
  expect([claims.sid, claims.fresh, claims.auth_time], [sid, true, claims.iat], 'a fresh token of the same session')
  Object.assign(p.world.sessions.get(sid)!, { used: nowOf(p), authTime: claims.auth_time })
}

const logout = async (p: Pair, expect: Expect, which: number, all: boolean, isWrong: boolean): Promise<void> => {
  const entry = p.issued.at(-1 - which % (p.issued.length || 1))
  if (!entry) return
  const now = nowOf(p)
  const current = entry.token.exp > now && p.world.sessions.get(entry.token.sid)?.cur.id === entry.token.id
  const { status } = await callWith(p, '/v1/auth/logout', entry, way(entry, isWrong), { sessions: all ? 'all' : 'this' })
  if (isWrong && (entry.token.bound || isAlive(p.world.sessions.get(entry.token.sid), now))) return expect(status, 401, 'a token that came another way ends nothing')
  expect(status, all && !current ? 401 : 204, 'the own session with any of its tokens, all with the current one only')
  if (!all) return end(p.world, entry.token.sid, now, 'logout')
  if (current) endAll(p.world, now, 'logout')
}

const changePassword = async (p: Pair): Promise<void> => {
  if (!p.world.active) return
  const [spared] = p.world.sessions.keys()
  const next = `${PASSWORD} ${++p.passwords}`
  await p.real.app.accounts.changePassword({ user: p.uid, session: spared ?? '', current: p.world.password, next, address: '::1' })
  p.world.password = next
  endAll(p.world, nowOf(p), 'password_changed', spared)
}

/** What an admin does for somebody who has lost their password. */
const resetPassword = async (p: Pair): Promise<void> => {
  const next = `${PASSWORD} ${++p.passwords}`
  await p.real.app.accounts.resetPassword(p.username, next)
  p.world.password = next
  endAll(p.world, nowOf(p), 'password_reset')
}

const setActive = async (p: Pair, active: boolean): Promise<void> => {
  await p.real.app.accounts.update(p.uid, { active })
  p.world.active = active
  if (!active) endAll(p.world, nowOf(p), 'deactivated')
}

const snapshot = async (p: Pair): Promise<void> => {
  const redis = p.real.app.redis as Redis
  const dump = await Promise.all((await keysOf(p.real.app, p.uid)).map(async key => ({ key, value: await redis.dumpBuffer(key), ttl: await redis.pttl(key) })))
  // The marks of alarms go when they were passed on, which nobody waits for.
  p.snapshots.push({ dump: dump.filter(({ value }) => value !== null), world: structuredClone(p.world) })
}

/** The store forgets what was written since: what a crash or a failover can do. */
const rollBack = async (p: Pair): Promise<void> => {
  const last = p.snapshots.pop()
  if (!last) return
  const redis = p.real.app.redis as Redis
  // At one moment, as in a crash: what else is written meanwhile, such as a count of refusals, comes before or after it.
  const change = redis.multi()
  for (const key of await keysOf(p.real.app, p.uid)) change.del(key)
  for (const { key, value, ttl } of last.dump) change.restore(key, Math.max(0, ttl), value, 'REPLACE')
  await change.exec()
  p.world = last.world
}

type Act = [name: string, run: (p: Pair, expect: Expect) => Promise<void>]
const acts = {
  login: (by: Transport = 'bearer'): Act => [`login ${by}`, (p, expect) => login(p, expect, by)],
  refresh: (which: number, key: number | null, isWrong = false): Act => [`refresh ${which} ${key} ${isWrong}`, (p, expect) => refresh(p, expect, which, key, isWrong)],
  garbage: (which: number): Act => [`garbage ${which}`, (p, expect) => garbage(p, expect, which)],
  call: (which: number, isWrong = false): Act => [`call ${which} ${isWrong}`, (p, expect) => call(p, expect, which, isWrong)],
  reauthenticate: (which: number): Act => [`reauthenticate ${which}`, (p, expect) => reauthenticate(p, expect, which)],
  logout: (which: number, all: boolean, isWrong = false): Act => [`logout ${which} ${all} ${isWrong}`, (p, expect) => logout(p, expect, which, all, isWrong)],
  password: (): Act => ['password', changePassword],
  reset: (): Act => ['reset', resetPassword],
  active: (active: boolean): Act => [`active ${active}`, p => setActive(p, active)],
  step: (step: number): Act => [`step ${step}`, async p => { p.real.clock.advance(step) }],
  snapshot: (): Act => ['snapshot', snapshot],
  rollback: (): Act => ['rollback', rollBack]
}

const number = fc.nat({ max: 5 })
/** Whether a token comes another way than its session's. */
const seldom = fc.nat({ max: 9 }).map(n => n === 9)
const transport = fc.constantFrom<Transport>('bearer', 'cookie', 'dpop')
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: transport.map(acts.login) },
  { weight: 9, arbitrary: fc.tuple(number, fc.option(fc.nat({ max: 1 })), seldom).map(args => acts.refresh(...args)) },
  { weight: 4, arbitrary: fc.constant(acts.refresh(0, 0)) },
  { weight: 1, arbitrary: number.map(acts.garbage) },
  { weight: 3, arbitrary: fc.tuple(number, seldom).map(args => acts.call(...args)) },
  { weight: 1, arbitrary: number.map(acts.reauthenticate) },
  { weight: 1, arbitrary: fc.tuple(number, fc.boolean(), seldom).map(args => acts.logout(...args)) },
  { weight: 1, arbitrary: fc.constant(acts.password()) },
  { weight: 1, arbitrary: fc.constant(acts.reset()) },
  { weight: 1, arbitrary: fc.boolean().map(acts.active) },
  { weight: 3, arbitrary: fc.constantFrom(...STEPS).map(acts.step) },
  { weight: 2, arbitrary: fc.constant(acts.snapshot()) },
  { weight: 2, arbitrary: fc.constant(acts.rollback()) }
)

/** Histories in which everything happens that the rules know of, run before those at random. */
const { login: signIn, refresh: spend, call: ask, logout: signOut, password, reset, active, step, snapshot: save, rollback, garbage: send, reauthenticate: prove } = acts
const certain: Act[][] = [
  // Rotated, repeated, spent by two: the predecessor and one before it; and calls with older access tokens.
  [spend(0, 0), spend(1, 0), ask(1), ask(0), spend(0, 0), ask(2), spend(1, 1), signIn(), spend(0, 0), spend(0, 0), spend(2, 0)],
  // Tabs that share cookies, and tokens that come another way than they should.
  [signIn('cookie'), spend(0, null), spend(1, null), spend(1, 0), spend(0, null, true), ask(0, true), signOut(0, true, true), step(1_000), spend(1, null)],
  // A session that is bound to a key: repeated without an Idempotency-Key however late, and not at all without its key.
  [signIn('dpop'), spend(0, null), step(9_000), spend(1, null), spend(0, null, true), ask(0, true), ask(0), signOut(0, false, true), save(), spend(0, null), rollback(), spend(0, null), prove(0), spend(2, null), spend(0, 0)],
  // The store forgets, once with a newer token about and once with an end.
  [save(), spend(0, 0), spend(0, 0), rollback(), ask(0), spend(0, 0), ask(1), ask(0), send(1), signOut(0, false), spend(0, 0)],
  // Whoever comes with a spent token to a session that has ended, by each of the ends.
  ...[[signOut(0, false)], [signOut(0, true)], [reset()], [active(false)], [spend(2, null)]].map(ends => [spend(0, null), spend(0, null), ...ends, spend(1, null), spend(0, null), ask(1)]),
  [spend(0, null), step(1_000), signIn(), signIn(), spend(3, null)],
  [signIn(), spend(0, null), password(), spend(1, null)],
  // The password again: the next refresh keeps its time, and what the store forgot of it is forgotten.
  [step(3_000), prove(0), spend(0, 0), save(), step(3_000), prove(0), spend(0, 0), spend(0, 0), rollback(), spend(0, 0), signIn('cookie'), step(1_000), prove(0), spend(0, null)],
  [step(9_000), step(3_000), spend(0, 0), active(false), spend(0, 0), active(true), signIn()]
]

const outcomes = [
  ...['deactivated', 'evicted', 'logout', 'password_changed', 'password_reset', 'reuse'].map(reason => `late_reuse ${reason}`),
  'refresh retried', 'refresh rotated', ...['expired', 'gone', 'inactive', 'other_transport'].map(outcome => `refresh_refused ${outcome}`), 'reuse predecessor', 'reuse stale', 'store_behind'
]

t.test('random histories of one account go as the rules say', async t => {
  const seed = Number(process.env.MODEL_SEED ?? Date.now() % 2 ** 31)
  t.comment(`MODEL_SEED=${seed}`)
  const told: string[] = []
  const services = await Promise.all(SETTINGS.map(settings => start(t, { ...LIFETIMES, ...settings })))
  const seen = new Set<string>()
  const said = new Set<string>()
  const listen = (event: AuthEvent): void => {
    const text = sentence(event)
    if (text === undefined) return
    told.push(text)
    said.add(text)
  }
  for (const { app } of services) app.events.on('event', listen)
  let comparisons = 0
  let runs = 0

  await fc.assert(fc.asyncProperty(fc.array(act, { minLength: 8, maxLength: 40 }), fc.nat({ max: SETTINGS.length - 1 }), transport, async (history, settings, first) => {
    const real = services[settings]!
    const username = `ada-${++runs}`
    const user = await real.createUser(username)
    const pair: Pair = { real, holder: newHolder(real), latestOnly: settings === 1, told, uid: user.id, username, world: newWorld(PASSWORD), issued: [], snapshots: [], passwords: 0 }
    let at = 'login'
    const expect: Expect = (found, wanted, what) => {
      comparisons++
      if (!isDeepStrictEqual(found, wanted)) throw new Error(`at "${at}": ${what}: found ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}\nin: ${history.map(([name]) => name).join(', ')}`)
    }
    await login(pair, expect, first)
    for (const [name, run] of history) {
      at = name
      seen.add(name.split(' ')[0]!)
      await run(pair, expect)
    }
  }), { numRuns: Number(process.env.MODEL_RUNS ?? 60), seed, examples: certain.flatMap(history => SETTINGS.map((_, settings): [Act[], number, Transport] => [history, settings, 'bearer'])) })

  t.ok(comparisons > 500, `${comparisons} comparisons`)
  t.strictSame([...seen].sort(), Object.keys(acts).sort(), 'every kind of act took place')
  t.strictSame(outcomes.filter(outcome => !said.has(outcome)), [], 'everything was said at least once')
})
