import fc from 'fast-check'
import type { Redis } from 'ioredis'
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import type { TokenPair } from '#lib/sessions/schema.js'
import { claimsIn, keysOf, PASSWORD, start, type Running } from '../../support/app.js'
import { end, endAll, isAlive, judge, newWorld, type Token, type World } from './model.js'

// No sum of steps comes within minutes of a lifetime, so that the few seconds of a run decide nothing.
const STEPS = [-1_000, 1_000, 3_000, 9_000]
const LIFETIMES = { SESSION_TIMEOUT: '900', REFRESH_TIMEOUT: '10333', SESSION_MAX_AGE: '50777', MAX_SESSION: '2' }

type Dump = Array<{ key: string, value: Buffer, ttl: number }>

/** Compares what the service did with what the model says; a difference ends the history. */
type Expect = (found: unknown, wanted: unknown, what: string) => void

/** The real thing and the model of it, side by side, with one user. */
interface Pair {
  real: Running
  uid: string
  username: string
  world: World
  issued: Array<{ token: Token, pair: TokenPair }>
  snapshots: Array<{ dump: Dump, world: World }>
  passwords: number
}

const nowOf = ({ real }: Pair): number => Date.now() + real.clock.skew()

const tokenOf = (pair: TokenPair): Token => {
  const { jti, sid, gen, rot, exp } = claimsIn(pair.refresh_token)
  return { id: jti, sid, gen, rot, exp: exp * 1000 }
}

const note = (p: Pair, pair: TokenPair): Token => {
  const token = tokenOf(pair)
  p.issued.push({ token, pair })
  return token
}

const login = async (p: Pair, expect: Expect): Promise<void> => {
  const { status, body } = await p.real.call('POST', '/v1/auth/login', { body: { username: p.username, password: p.world.password } })
  expect(status, p.world.active ? 200 : 401, 'a login works while the account is active')
  if (status !== 200) return
  const now = nowOf(p)
  const open = [...p.world.sessions].filter(([, s]) => isAlive(s, now)).sort(([x, a], [y, b]) => a.used - b.used || (x < y ? -1 : 1))
  if (open.length >= 2) end(p.world, open[0]![0], now)
  const token = note(p, body as TokenPair)
  p.world.sessions.set(token.sid, { gen: 0, cur: token, prev: null, key: null, used: token.rot })
}

const refresh = async (p: Pair, expect: Expect, which: number, key: number | null): Promise<void> => {
  const entry = p.issued.at(-1 - which % (p.issued.length || 1))
  if (!entry) return
  const idempotencyKey = key === null ? null : createHash('sha256').update(`${entry.token.id}|${key}`).digest('hex')
  const { verdict, apply } = judge(p.world, entry.token, idempotencyKey, nowOf(p))
  const { status, body } = await p.real.refresh(entry.pair.refresh_token, idempotencyKey ?? undefined)
  if (verdict === 'rotated' || verdict === 'healed') {
    expect(status, 200, `${verdict}, not ${body.code}`)
    const token = note(p, body as TokenPair)
    expect(token.gen, entry.token.gen + 1, 'one generation further')
    expect(token.rot > entry.token.rot, true, 'time goes on within a session')
    return apply(token, nowOf(p))
  }
  apply()
  if (verdict !== 'retried') return expect({ status, code: body.code }, { status: 401, code: verdict }, 'refused')
  expect(status, 200, `retried, not ${body.code}`)
  expect(tokenOf(body as TokenPair).id, p.world.sessions.get(entry.token.sid)?.cur.id, 'the same successor')
}

const garbage = async (p: Pair, expect: Expect, which: number): Promise<void> => {
  const entry = p.issued.at(-1)
  if (!entry) return
  const { access_token: access, refresh_token: token } = entry.pair
  const forged = [access, `${token.slice(0, -3)}AAA`, token.split('.').slice(0, 2).join('.'), 'garbage', token.replace('.', '.e30')][which % 5]!
  const { status, body } = await p.real.refresh(forged)
  expect({ status, code: body.code }, { status: 401, code: 'refresh_token_invalid' }, 'what is no refresh token of ours changes nothing')
}

const call = async (p: Pair, expect: Expect, which: number): Promise<void> => {
  const entry = p.issued.at(-1 - which % (p.issued.length || 1))
  if (!entry) return
  const now = nowOf(p)
  const { exp, iat } = claimsIn(entry.pair.access_token)
  const { status, body } = await p.real.call('GET', '/v1/users/me', { token: entry.pair.access_token })
  const expected = exp * 1000 + 2_000 <= now
    ? 'access_token_expired'
    : iat * 1000 - 2_000 > now
      ? 'access_token_invalid'
      : !isAlive(p.world.sessions.get(entry.token.sid), now)
          ? 'session_ended'
          : p.world.active ? undefined : 'account_inactive'
  expect({ status, code: body.code }, { status: expected === undefined ? 200 : 401, code: expected }, 'a call')
}

const logout = async (p: Pair, expect: Expect, which: number, all: boolean): Promise<void> => {
  const entry = p.issued.at(-1 - which % (p.issued.length || 1))
  if (!entry) return
  const now = nowOf(p)
  const current = entry.token.exp > now && p.world.sessions.get(entry.token.sid)?.cur.id === entry.token.id
  const { status } = await p.real.call('POST', '/v1/auth/logout', { body: { refresh_token: entry.pair.refresh_token, sessions: all ? 'all' : 'this' } })
  expect(status, all && !current ? 401 : 204, 'the own session with any of its tokens, all with the current one only')
  if (!all) return end(p.world, entry.token.sid, now)
  if (current) endAll(p.world, now)
}

const changePassword = async (p: Pair): Promise<void> => {
  if (!p.world.active) return
  const [spared] = p.world.sessions.keys()
  const next = `${PASSWORD} ${++p.passwords}`
  await p.real.app.accounts.changePassword({ user: p.uid, session: spared ?? '', current: p.world.password, next, address: '::1' })
  p.world.password = next
  endAll(p.world, nowOf(p), spared)
}

const setActive = async (p: Pair, active: boolean): Promise<void> => {
  await p.real.app.accounts.update(p.uid, { active })
  p.world.active = active
  if (!active) endAll(p.world, nowOf(p))
}

const snapshot = async (p: Pair): Promise<void> => {
  const redis = p.real.app.redis as Redis
  const dump = await Promise.all((await keysOf(p.real.app, p.uid)).map(async key => ({ key, value: await redis.dumpBuffer(key), ttl: await redis.pttl(key) })))
  p.snapshots.push({ dump, world: structuredClone(p.world) })
}

/** The store forgets what was written since: what a crash or a failover can do. */
const rollBack = async (p: Pair): Promise<void> => {
  const last = p.snapshots.pop()
  if (!last) return
  const redis = p.real.app.redis as Redis
  for (const key of await keysOf(p.real.app, p.uid)) await redis.del(key)
  for (const { key, value, ttl } of last.dump) await redis.restore(key, Math.max(0, ttl), value)
  p.world = last.world
}

type Act = (p: Pair, expect: Expect) => Promise<void>
const number = fc.nat({ max: 5 })
const act: fc.Arbitrary<[string, Act]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<[string, Act]>(['login', login]) },
  { weight: 9, arbitrary: fc.tuple(number, fc.option(fc.nat({ max: 1 }))).map(([which, key]): [string, Act] => [`refresh ${which} ${key}`, (p, expect) => refresh(p, expect, which, key)]) },
  { weight: 4, arbitrary: fc.constant<[string, Act]>(['refresh newest', (p, expect) => refresh(p, expect, 0, 0)]) },
  { weight: 1, arbitrary: number.map((which): [string, Act] => [`garbage ${which}`, (p, expect) => garbage(p, expect, which)]) },
  { weight: 3, arbitrary: number.map((which): [string, Act] => [`call ${which}`, (p, expect) => call(p, expect, which)]) },
  { weight: 1, arbitrary: fc.tuple(number, fc.boolean()).map(([which, all]): [string, Act] => [`logout ${which} ${all}`, (p, expect) => logout(p, expect, which, all)]) },
  { weight: 1, arbitrary: fc.constant<[string, Act]>(['password', changePassword]) },
  { weight: 1, arbitrary: fc.boolean().map((active): [string, Act] => [`active ${active}`, p => setActive(p, active)]) },
  { weight: 3, arbitrary: fc.constantFrom(...STEPS).map((step): [string, Act] => [`step ${step}`, async p => { p.real.clock.advance(step) }]) },
  { weight: 2, arbitrary: fc.constant<[string, Act]>(['snapshot', snapshot]) },
  { weight: 2, arbitrary: fc.constant<[string, Act]>(['roll back', rollBack]) }
)

t.test('random histories of one account go as the rules say', async t => {
  const seed = Number(process.env.MODEL_SEED ?? Date.now() % 2 ** 31)
  t.comment(`MODEL_SEED=${seed}`)
  const real = await start(t, LIFETIMES)
  const seen = new Set<string>()
  let comparisons = 0
  let runs = 0

  await fc.assert(fc.asyncProperty(fc.array(act, { minLength: 8, maxLength: 40 }), async history => {
    const username = `ada-${++runs}`
    const user = await real.createUser(username)
    const pair: Pair = { real, uid: user.id, username, world: newWorld(PASSWORD), issued: [], snapshots: [], passwords: 0 }
    let at = 'login'
    const expect: Expect = (found, wanted, what) => {
      comparisons++
      if (!isDeepStrictEqual(found, wanted)) throw new Error(`at "${at}": ${what}: found ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}\nin: ${history.map(([name]) => name).join(', ')}`)
    }
    await login(pair, expect)
    for (const [name, run] of history) {
      at = name
      seen.add(name.split(' ')[0]!)
      await run(pair, expect)
    }
  }), { numRuns: Number(process.env.MODEL_RUNS ?? 60), seed })

  t.ok(comparisons > 500, `${comparisons} comparisons`)
  t.equal(seen.size, 10, 'every kind of act took place')
})
