import fc from 'fast-check'
import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { createAccountStore } from '#lib/accounts/store.js'
import { addressKey } from '#lib/limits/address.js'
import { paceOf } from '#lib/limits/pace.js'
import { createLimits } from '#lib/limits/service.js'
import { createWindows } from '#lib/limits/windows.js'
import { keyNames } from '#lib/redis/names.js'
import { openRedis } from '#lib/redis/open.js'
import { createSessionStore, type SessionStore } from '#lib/sessions/store.js'
import type { PresentedToken } from '#lib/sessions/transitions.js'
import { ownPrefix } from '../../support/app.js'
import { sealingOn } from '../../support/sealing.js'

const LOOKUP = randomBytes(32)

/** A call that was let through, some time between two moments (ms). */
interface Success { from: number, to: number }

/**
 * The most that certainly fell into one stretch of `length`, however the clock was read. Only one that is
 * certainly too many counts: the later moment of the last less the earlier one of the first is no more.
 */
function mostWithin (successes: Success[], length: number): number {
  const sorted = successes.toSorted((a, b) => a.from - b.from)
  let most = 0
  for (let first = 0, last = 0; last < sorted.length; last++) {
    while (sorted[last]!.to + 1 - sorted[first]!.from > length) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}

/** Times between calls: many at once, about the length of the stretch, and anything up to twice of it. */
const gaps = (length: number): fc.Arbitrary<number[]> => fc.array(fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: Math.ceil(length / 10) }) },
  { weight: 2, arbitrary: fc.integer({ min: length - 20, max: length + 20 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 * length }) }
), { minLength: 10, maxLength: 60 })

async function connect (t: Test): Promise<Redis> {
  const { redis } = await openRedis(process.env.REDIS_URL!, () => {})
  t.teardown(() => { redis.disconnect() })
  return redis as Redis
}

const letThrough = async (act: () => Promise<unknown>): Promise<boolean> => {
  try {
    await act()
    return true
  } catch (error) {
    if ((error as { code?: string }).code === 'too_many_requests') return false
    throw error
  }
}

t.test('addresses: an IPv6 one is its /64, an IPv4 one is itself however it is written', async t => {
  for (const [ip, key] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:4711', '192.0.2.1'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::1]:443', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::1]', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['2001:db8::1:2:3:4', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['unknown', 'unknown'],
    ['', '']
  ] as const) t.equal(addressKey(ip), key, ip)
})

t.test('addresses: those of one /64 share a key, others never do', async () => {
  const group = fc.integer({ min: 0, max: 0xffff })
  fc.assert(fc.property(fc.tuple(group, group, group, group), fc.array(group, { minLength: 4, maxLength: 4 }), fc.tuple(group, group, group, group), (net, host, other) => {
    const text = (groups: number[]): string => groups.map(n => n.toString(16)).join(':')
    const key = addressKey(text([...net, ...host]))
    return addressKey(text([...net, 0, 0, 0, 1])) === key && (text(other) === text(net) || addressKey(text([...other, ...host])) !== key)
  }))
})

t.test('in memory: never more than the limit in any stretch, and all of it at once after one', async () => {
  const length = 60_000
  fc.assert(fc.property(gaps(length), fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 1e9 }), (steps, most, begin) => {
    let now = 1e12 + begin
    const take = createWindows({ most, length, clock: () => now })
    const successes: Success[] = []
    for (const step of steps) {
      now += step
      const { wait, remaining } = take('somebody')
      if (wait === 0) successes.push({ from: now, to: now })
      if (wait > 0) {
        const before = now
        now += Math.ceil(wait) - 1
        if (remaining !== 0 || take('somebody').wait === 0) throw new Error('it lets through before the time that it told')
        now = before
      }
    }
    if (mostWithin(successes, length) > most) throw new Error(`${mostWithin(successes, length)} of ${most}`)
    const { wait } = take('somebody')
    now += wait > 0 ? Math.ceil(wait) : 2 * length
    if (take('somebody').wait !== 0) throw new Error('it does not let through after the time that it told')
    now += length + length / 12 + 1
    const atOnce = Array.from({ length: most + 3 }, () => take('somebody'))
    if (!atOnce.every(({ wait }, i) => (wait === 0) === (i < most))) throw new Error('idle, all of the limit at once')
  }), { numRuns: 400 })
})

t.test('in memory: callers do not concern each other, and what is remembered is bounded', async t => {
  let now = 1e12
  const take = createWindows({ most: 2, length: 60_000, clock: () => now, callers: 100 })
  for (let i = 0; i < 100; i++) t.equal(take(`caller ${i}`).wait, 0)
  for (let i = 0; i < 100; i++) if (take(`caller ${i}`).wait !== 0 || take(`caller ${i}`).wait === 0) t.fail('twice each')
  let through = 0
  for (let i = 0; i < 20_000; i++) if (take(`newcomer ${i}`).wait === 0) through++
  t.ok(through > 1024 && through <= 2 * 1024, `newcomers share some places, within the limit of each: ${through}`)
  for (let i = 0; i < 100; i++) if (take(`caller ${i}`).wait === 0) t.fail('a flood of newcomers makes nobody forgotten')
  now += 66_000
  t.equal(take('caller 1').wait, 0)
  now += 66_000
  t.equal(take('newcomer 0').wait, 0, 'and once it is over there is place again')
  t.equal(take('newcomer 0').remaining, 0)
  t.equal(take('newcomer 1').remaining, 1)
})

t.test('in memory: somebody who calls all the time is never forgotten', async t => {
  let now = 1e12
  const take = createWindows({ most: 5, length: 60_000, clock: () => now })
  const successes: Success[] = []
  for (let i = 0; i < 2_000; i++) {
    now += 1_900
    if (take('somebody').wait === 0) successes.push({ from: now, to: now })
    take(`somebody else ${i}`)
  }
  t.equal(mostWithin(successes, 60_000), 5)
})

t.test('in Redis: never more than the limit in any stretch, by two replicas and at once', async t => {
  const [one, two] = [await connect(t), await connect(t)]
  const length = 10_000
  const names = keyNames(ownPrefix())
  let runs = 0
  await fc.assert(fc.asyncProperty(gaps(length), fc.integer({ min: 1, max: 6 }), async (steps, most) => {
    let skew = 0
    const lookup = randomBytes(32)
    const told: string[] = []
    const replicas = [one, two].map(redis => createLimits({ redis, names, lookup: () => lookup, skew: () => skew, report: event => { told.push(event.type) } }).sliding('test', most, length / 1000))
    const who = `caller ${++runs}`
    const successes: Success[] = []
    let refused = 0
    const call = async (n: number): Promise<void> => {
      const from = Date.now() + skew
      if (await letThrough(() => replicas[n % 2]!(who))) successes.push({ from, to: Date.now() + skew })
      else refused++
    }
    for (const [n, step] of steps.entries()) {
      skew += step
      await (n % 5 === 0 ? Promise.all(Array.from({ length: 10 }, (_, i) => call(i))) : call(n))
    }
    if (mostWithin(successes, length) > most) throw new Error(`${mostWithin(successes, length)} of ${most}`)
    if (told.length !== refused) throw new Error('each refusal is told')
    skew += length + 1
    successes.length = 0
    await Promise.all(Array.from({ length: 2 * most + 3 }, (_, i) => call(i)))
    if (successes.length !== most) throw new Error(`idle, ${successes.length} of ${most} at once`)
  }), { numRuns: 40 })
})

t.test('in Redis: what is kept is bounded, and gone once it no longer counts', async t => {
  const redis = await connect(t)
  const names = keyNames(ownPrefix())
  let skew = 0
  const limit = createLimits({ redis, names, lookup: () => LOOKUP, skew: () => skew, report: () => {} }).sliding('test', 5, 10)
  for (let round = 0; round < 4; round++) {
    await Promise.all(Array.from({ length: 200 }, () => letThrough(() => limit('198.51.100.7'))))
    skew += 4_000
  }
  const [key = '', ...others] = await redis.keys(`${names.limit('')}*`)
  t.strictSame(others, [])
  t.notMatch(key, /198.51.100/, 'no address can be read')
  t.ok(await redis.llen(key) <= 5)
  const left = await redis.pttl(key)
  t.ok(left > 0 && left <= 10_001, `${left} ms left`)
})

t.test('in Redis: a clock that was set back keeps nobody out for longer than a stretch', async t => {
  const redis = await connect(t)
  let skew = 3_600_000
  const limit = createLimits({ redis, names: keyNames(ownPrefix()), lookup: () => LOOKUP, skew: () => skew, report: () => {} }).sliding('test', 2, 10)
  t.ok(await letThrough(() => limit('a')))
  t.ok(await letThrough(() => limit('a')))
  skew = 0
  t.notOk(await letThrough(() => limit('a')), 'and lets nobody through the sooner')
  skew = 10_500
  t.ok(await letThrough(() => limit('a')))
})

t.test('a lower limit counts what a higher one let through', async t => {
  const redis = await connect(t)
  const parts = { redis, names: keyNames(ownPrefix()), lookup: () => LOOKUP, skew: () => 0, report: () => {} }
  const [high, low, none] = [20, 5, 0].map(most => createLimits(parts).sliding('test', most, 60))
  for (let i = 0; i < 20; i++) await high!('a')
  await t.rejects(low!('a'), { code: 'too_many_requests', extras: { limit: { kind: 'test', most: 5, seconds: 60 } } })
  for (let i = 0; i < 30; i++) await none!('a')
})

/** A session on two replicas whose rotations are limited, and whose clock can be moved. */
async function session (redis: Redis[], most: number) {
  const names = keyNames(ownPrefix())
  const clock = { skew: 0 }
  const stamp = async () => String(clock.skew)
  const user = randomBytes(9).toString('base64url')
  const id = (): string => randomBytes(9).toString('base64url')
  const sealing = sealingOn(redis[0]!, names)
  await createAccountStore({ redis: redis[0]!, names, sealing, stamp }).create({
    id: user, username: user.toLowerCase(), fullname: 'Ada', password: 'hash', roles: ['reader'], groups: [], active: true, verified: false, email: null, created: Date.now(), lastLogin: null, unlocked: 0
  })
  const stores = redis.map(redis => createSessionStore({
    redis, names, sealing, maxSessions: 10, atLimit: 'evict', pace: paceOf(most, 60_000), stamp, recordRotations: false, skew: () => clock.skew, lifetimes: { access: 900_000, refresh: 86_400_000, session: 30 * 86_400_000 }
  }))
  const opened = await stores[0]!.open({
    user, id: id(), jti: id(), password: 'hash', scope: 'profile', transport: 'bearer', clientId: 'guardcell', grace: 0, device: 'sealed', accessJti: id(), kid: 'k'
  })
  if (opened.outcome !== 'opened') throw new Error(opened.outcome)
  const tokenOf = ({ session: s }: Pick<typeof opened, 'session'>): PresentedToken => ({ user, session: s.id, jti: s.jti, generation: s.generation, rotated: s.rotated, expires: s.refreshExpires, authTime: s.authTime, scope: s.scope })
  const rotate = (store: SessionStore, token: PresentedToken, key = '') => store.rotate({ token, successor: key === '' ? id() : `successor-${token.generation + 1}`, key, ask: '', transport: 'bearer', accessJti: id(), kid: 'k' })
  return { clock, stores, first: tokenOf(opened), tokenOf, rotate }
}

t.test('rotations: never more than the limit in any minute, retries and racing replicas included', async t => {
  const redis = [await connect(t), await connect(t)]
  await fc.assert(fc.asyncProperty(gaps(60_000), fc.integer({ min: 1, max: 12 }), async (steps, most) => {
    const { clock, stores, first, tokenOf, rotate } = await session(redis, most)
    const successes: Success[] = []
    let token = first
    for (const [n, step] of steps.entries()) {
      clock.skew += step
      const from = Date.now() + clock.skew
      const answers = await Promise.all(stores.map(store => rotate(store, token, `key ${token.jti}`)))
      const outcomes = answers.map(({ outcome }) => outcome).sort().join()
      // The one may come too soon and the other, a millisecond later, no longer.
      if (!['retried,rotated', 'limited,limited', 'limited,rotated'].includes(outcomes)) throw new Error(`${n}: ${outcomes}`)
      for (const answer of answers) {
        if (answer.outcome !== 'rotated') continue
        successes.push({ from, to: Date.now() + clock.skew })
        token = tokenOf(answer)
      }
    }
    if (mostWithin(successes, 60_000) > most) throw new Error(`${mostWithin(successes, 60_000)} of ${most}`)
    clock.skew += 60_001
    let atOnce = 0
    for (let answer = await rotate(stores[0]!, token); answer.outcome === 'rotated'; answer = await rotate(stores[1]!, tokenOf(answer))) atOnce++
    if (atOnce < Math.ceil(most / 2)) throw new Error(`idle, ${atOnce} of ${most} at once`)
  }), { numRuns: 25 })
})

t.test('rotations: as many as are stated are let through in a minute', async t => {
  const [redis] = [await connect(t)]
  for (const most of [1, 2, 5, 30]) {
    const { clock, stores: [store], first, tokenOf, rotate } = await session([redis], most)
    let token = first
    let through = 0
    const until = Date.now() + 60_000
    while (Date.now() + clock.skew < until) {
      const answer = await rotate(store!, token)
      if (answer.outcome === 'rotated') {
        through++
        token = tokenOf(answer)
      } else clock.skew += answer.outcome === 'limited' ? answer.wait : NaN
    }
    t.ok(through >= Math.max(1, most - 1) && through <= most, `${through} of ${most}`)
  }
})

t.test('rotations: what is limited spends nothing and ends nothing, and reuse is found all the same', async t => {
  const { clock, stores: [store], first, tokenOf, rotate } = await session([await connect(t)], 2)
  const one = await rotate(store!, first, 'a')
  if (one.outcome !== 'rotated') throw new Error(one.outcome)
  for (let i = 0; i < 5; i++) t.match(await rotate(store!, tokenOf(one), 'b'), { outcome: 'limited', wait: Number })
  for (let i = 0; i < 5; i++) t.equal((await rotate(store!, first, 'a')).outcome, 'retried', 'a retry is none')
  clock.skew += 30_001
  const two = await rotate(store!, tokenOf(one), 'b')
  if (two.outcome !== 'rotated') throw new Error(two.outcome)
  t.equal((await rotate(store!, tokenOf(two), 'c')).outcome, 'limited')
  t.match(await rotate(store!, first, 'a'), { outcome: 'reuse', token: 'stale' })
  t.equal((await rotate(store!, tokenOf(two), 'c')).outcome, 'gone')
})

t.test('rotations: the limit takes one field of the session, however often it rotates', async t => {
  const redis = await connect(t)
  const { clock, stores: [store], first, tokenOf, rotate } = await session([redis], 30)
  const fields = async (): Promise<string[]> => {
    const keys = await redis.keys(`*{${first.user}}*`)
    return [...keys.map(key => key.replace(/refresh:.*/, 'refresh')), ...await redis.hkeys(keys.find(key => key.includes(':session:')) ?? '')].sort()
  }
  let token = first
  const seen: string[][] = []
  for (let n = 0; n < 200; n++) {
    const answer = await rotate(store!, token)
    if (answer.outcome !== 'rotated') throw new Error(answer.outcome)
    token = tokenOf(answer)
    clock.skew += 3_751
    if (n % 100 === 0 || n === 199) seen.push(await fields())
  }
  t.equal(seen[0]?.filter(field => field === 'paid').length, 1)
  t.strictSame(seen[2], seen[0])
})

t.test('rotations: a heal counts, and an expired token is no limited one', async t => {
  const { clock, stores: [store], first, tokenOf, rotate } = await session([await connect(t)], 2)
  const one = await rotate(store!, first)
  if (one.outcome !== 'rotated') throw new Error(one.outcome)
  const ahead: PresentedToken = { ...tokenOf(one), jti: 'ahead', generation: 7, rotated: one.session.rotated + 5 }
  t.equal((await rotate(store!, ahead)).outcome, 'limited')
  t.equal((await rotate(store!, { ...tokenOf(one), expires: 1 })).outcome, 'expired')
  clock.skew += 30_001
  const healed = await rotate(store!, ahead)
  if (healed.outcome !== 'healed') throw new Error(healed.outcome)
  t.equal((await rotate(store!, tokenOf(healed))).outcome, 'limited')
  clock.skew -= 3_600_000
  t.match(await rotate(store!, tokenOf(healed)), { outcome: 'limited' })
  clock.skew += 30_001
  t.equal((await rotate(store!, tokenOf(healed))).outcome, 'rotated', 'a clock that was set back keeps nobody out for longer')
})
