import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import type { Lifetimes } from '#lib/sessions/lifetimes.js'
import type { SessionStore } from '#lib/sessions/store.js'
import type { NewSession, PresentedToken, Refreshed, Rotation } from '#lib/sessions/transitions.js'

const id = (): string => randomBytes(9).toString('base64url')

interface Settings { lifetimes?: Partial<Lifetimes>, maxSessions?: number, atLimit?: 'evict' | 'reject', rotations?: number }

/** What an implementation brings to be put through the contract. */
export interface Bench {
  /** A store with an active account in it; `advance` moves its clock by milliseconds. */
  open: (settings?: Settings) => Promise<{ store: SessionStore, user: string, password: string, advance: (ms: number) => void }>
}

const newSession = (user: string, password: string, more: Partial<NewSession> = {}): NewSession => ({
  user, id: id(), jti: id(), password, scope: 'profile sessions', transport: 'bearer', clientId: 'guardcell', grace: 0, device: 'sealed', accessJti: id(), kid: 'k', ...more
})

/** The refresh token that stands for a state. */
const tokenOf = (user: string, { session }: { session: { id: string, jti: string, generation: number, rotated: number, refreshExpires: number, authTime: number, scope: string } }): PresentedToken => ({
  user, session: session.id, jti: session.jti, generation: session.generation, rotated: session.rotated, expires: session.refreshExpires, authTime: session.authTime, scope: session.scope
})

const rotation = (token: PresentedToken, more: Partial<Rotation> = {}): Rotation => ({ token, successor: id(), key: '', ask: '', transport: 'bearer', accessJti: id(), kid: 'k', ...more })

function alive (result: Refreshed): Extract<Refreshed, { session: unknown }> {
  if (!('session' in result)) throw new Error(`refused: ${result.outcome}`)
  return result
}

/** What every session store must keep, see `SessionStore`. */
export function sessionStoreContract (t: Test, bench: Bench): void {
  const setUp = async (settings?: Settings, more: Partial<NewSession> = {}) => {
    const { store, user, password, advance } = await bench.open(settings)
    const opened = await store.open(newSession(user, password, more))
    if (opened.outcome !== 'opened') throw new Error(opened.outcome)
    return { store, user, password, advance, opened, token: tokenOf(user, opened) }
  }

  t.test('a token is spent by exactly one of many rotations', async t => {
    const { store, token } = await setUp()
    const results = await Promise.all(Array.from({ length: 50 }, () => store.rotate(rotation(token))))
    t.equal(results.filter(r => r.outcome === 'rotated').length, 1)
    t.equal(results.filter(r => r.outcome === 'reuse').length, 1, 'the first one after it is the reuse')
    t.equal(results.filter(r => r.outcome === 'late_reuse').length, 48, 'the others come to an ended session')
  })

  t.test('a rotation adds one generation, moves time on and keeps the end', async t => {
    const { store, opened, token } = await setUp()
    const next = alive(await store.rotate(rotation(token, { successor: 'successor' })))
    t.equal(next.session.generation, 1)
    t.equal(next.session.jti, 'successor')
    t.ok(next.session.rotated > opened.session.rotated)
    t.equal(next.session.ends, opened.session.ends)
  })

  t.test('the same key is answered with the same state, however late', async t => {
    const { store, user, token, advance } = await setUp()
    const first = alive(await store.rotate(rotation(token, { key: 'a' })))
    advance(600_000)
    const again = alive(await store.rotate(rotation(token, { key: 'a' })))
    t.equal(again.outcome, 'retried')
    t.same({ ...again, outcome: '', now: 0 }, { ...first, outcome: '', now: 0 })
    t.equal((await store.rotate(rotation(token, { key: 'a', ask: 'profile' }))).outcome, 'mismatch', 'another scope is another request')
    t.equal((await store.rotate(rotation(tokenOf(user, again)))).outcome, 'rotated', 'and none of it spent the successor')
    t.equal((await store.rotate(rotation(token, { key: 'a' }))).outcome, 'reuse', 'a spent successor ends the allowance')
  })

  t.test('another key is reuse, and so is none', async t => {
    for (const key of ['b', '']) {
      const { store, token } = await setUp()
      await store.rotate(rotation(token, { key: 'a' }))
      t.match(await store.rotate(rotation(token, { key })), { outcome: 'reuse', token: 'predecessor' })
    }
  })

  t.test('a retry brings a new access token once the first has little left', async t => {
    const { store, token, advance } = await setUp({ lifetimes: { access: 900_000 } })
    const first = alive(await store.rotate(rotation(token, { key: 'a' })))
    advance(850_000)
    const again = alive(await store.rotate(rotation(token, { key: 'a' })))
    t.not(again.session.access.jti, first.session.access.jti)
    t.ok(again.session.access.expires > first.session.access.expires + 800_000)
    t.equal(again.session.jti, first.session.jti, 'the refresh token stays')
    const third = alive(await store.rotate(rotation(token, { key: 'a' })))
    t.equal(third.session.access.jti, again.session.access.jti, 'and it is kept')
  })

  t.test('within the grace of its session a predecessor needs no key', async t => {
    const { store, token, advance } = await setUp({}, { grace: 30_000 })
    const first = alive(await store.rotate(rotation(token)))
    advance(25_000)
    t.match(await store.rotate(rotation(token)), { outcome: 'retried', session: { jti: first.session.jti } })
    advance(6_000)
    t.equal((await store.rotate(rotation(token))).outcome, 'reuse')
  })

  t.test('a token that comes another way than its session\'s is good for nothing, and ends nothing', async t => {
    const { store, user, token } = await setUp({}, { transport: 'cookie' })
    const successor = tokenOf(user, alive(await store.rotate(rotation(token, { transport: 'cookie' }))))
    for (const stolen of [token, successor, { ...successor, generation: 9, rotated: successor.rotated + 1e6 }]) {
      t.equal((await store.rotate(rotation(stolen))).outcome, 'other_transport')
    }
    t.equal(await store.end(user, 'one', token.session, 'logout', '', 'bearer'), null)
    t.match(await store.standing(user, token.session), { transport: 'cookie' })
    t.match(await store.list(user), [{ transport: 'cookie', generation: 1 }])
    t.strictSame(await store.end(user, 'one', token.session, 'logout', '', 'cookie'), [token.session])
    t.equal((await store.rotate(rotation(successor))).outcome, 'gone', 'once it has ended there is nothing to be kept from')
  })

  t.test('a session that is bound to a key goes on with that key only, and without it nothing ends', async t => {
    const { store, user, opened, token, advance } = await setUp({}, { transport: 'dpop', jkt: 'key', grace: 60_000 })
    t.match(opened.session, { transport: 'dpop', jkt: 'key' })
    const shown = { transport: 'dpop', jkt: 'key' } as const
    const next = alive(await store.rotate(rotation(token, shown)))
    t.match(next, { outcome: 'rotated', session: { transport: 'dpop', jkt: 'key' } })
    const ahead = { ...token, jti: 'ahead', generation: 9, rotated: next.session.rotated + 1e6 }
    for (const stolen of [tokenOf(user, next), token, ahead]) {
      for (const other of [{ jkt: 'key' }, { transport: 'dpop' }, { transport: 'dpop', jkt: 'another' }, {}] as const) {
        t.equal((await store.rotate(rotation(stolen, other))).outcome, 'other_transport')
      }
    }
    advance(30_000)
    t.match(await store.rotate(rotation(token, shown)), { outcome: 'retried', session: { jti: next.session.jti, jkt: 'key' } })
    t.match(await store.rotate(rotation({ ...ahead, rotated: next.session.rotated + 1 }, shown)), { outcome: 'healed', session: { jkt: 'key' } })
    t.match(await store.list(user), [{ transport: 'dpop', jkt: 'key' }])
    t.match(await store.standing(user, token.session), { transport: 'dpop' })
  })

  t.test('a key is of no use to a session that has none', async t => {
    const { store, opened, token } = await setUp()
    t.equal(opened.session.jkt, '')
    t.equal((await store.rotate(rotation(token, { jkt: 'key' }))).outcome, 'other_transport')
    t.match(await store.rotate(rotation(token)), { outcome: 'rotated', session: { jkt: '' } })
  })

  t.test('whether a token would be rotated can be asked as often as one likes, and spends nothing', async t => {
    const { store, user, token, advance } = await setUp()
    const isUnspent = async ({ session, jti }: PresentedToken, transport: Rotation['transport'] = 'bearer') => (await store.unspent(user, session, jti, transport))?.id === user
    for (let time = 0; time < 3; time++) t.equal(await isUnspent(token), true)
    t.equal(await isUnspent(token, 'cookie'), false, 'the way of another session')
    t.equal(await isUnspent({ ...token, jti: id() }), false, 'never issued')
    t.equal(await isUnspent({ ...token, session: id() }), false, 'of no session')
    const next = tokenOf(user, alive(await store.rotate(rotation(token, { key: 'a' }))))
    t.equal(await isUnspent(token), false, 'spent, although it may be retried')
    t.equal(await isUnspent(next), true)
    advance(next.expires - Date.now() - 60_000)
    t.equal(await isUnspent(next), true)
    advance(61_000)
    t.equal(await isUnspent(next), false, 'expired')
    const { token: other, store: again } = await setUp()
    await again.end(other.user, 'one', other.session, 'logout')
    t.equal(await again.unspent(other.user, other.session, other.jti, 'bearer'), undefined, 'ended')
  })

  t.test('a clock that is set back makes no grace where there is none', async t => {
    const { store, token, advance } = await setUp()
    alive(await store.rotate(rotation(token)))
    advance(-600_000)
    t.equal((await store.rotate(rotation(token))).outcome, 'reuse')
  })

  t.test('a stale token, two rotations old, is reuse even with its key', async t => {
    const { store, user, token } = await setUp()
    const second = alive(await store.rotate(rotation(token, { key: 'a' })))
    await store.rotate(rotation(tokenOf(user, second), { key: 'b' }))
    t.match(await store.rotate(rotation(token, { key: 'a' })), { outcome: 'reuse', token: 'stale' })
  })

  t.test('a token of the future proves that the store lost writes, and is honoured once', async t => {
    const { store, user, opened, token, advance } = await setUp()
    const ahead = { ...token, jti: 'ahead', generation: 7, rotated: token.rotated + 5_000, expires: token.expires + 5_000, scope: 'profile', authTime: token.authTime - 50 }
    advance(6_000)
    const healed = alive(await store.rotate(rotation(ahead)))
    t.equal(healed.outcome, 'healed')
    t.equal(healed.session.generation, 8)
    t.equal(healed.session.scope, 'profile', 'the narrower scope')
    t.equal(healed.session.authTime, opened.session.authTime - 50, 'the older authentication')
    t.equal((await store.rotate(rotation(ahead))).outcome, 'reuse', 'only once')
    t.equal((await store.rotate(rotation(token))).outcome, 'late_reuse', 'what the store had known is void')
    t.strictSame(await store.list(user), [])
  })

  t.test('a higher generation that is not later is reuse', async t => {
    const { store, token } = await setUp()
    t.equal((await store.rotate(rotation({ ...token, jti: 'forged', generation: 9 }))).outcome, 'reuse')
  })

  t.test('an expired token changes nothing, unless it is reuse', async t => {
    const { store, user, token, advance } = await setUp({ lifetimes: { access: 2_000_000, refresh: 60_000 } })
    const second = alive(await store.rotate(rotation(token, { key: 'a' })))
    advance(70_000)
    t.equal((await store.rotate(rotation(tokenOf(user, second)))).outcome, 'expired')
    t.equal((await store.rotate(rotation(token, { key: 'a' }))).outcome, 'expired', 'the retry of one as well')
    t.equal((await store.list(user)).length, 1)
    t.equal((await store.rotate(rotation(token, { key: 'b' }))).outcome, 'reuse', 'a thief who redeemed it is found all the same')
    t.equal((await store.list(user)).length, 0)
  })

  t.test('no rotation goes past the end of the session', async t => {
    const { store, user, opened, token, advance } = await setUp({ lifetimes: { refresh: 60_000, session: 90_000 } })
    advance(50_000)
    const late = alive(await store.rotate(rotation(token)))
    t.equal(late.session.refreshExpires, opened.session.ends)
    advance(50_000)
    t.equal((await store.rotate(rotation(tokenOf(user, late)))).outcome, 'expired')
    t.equal((await store.list(user)).length, 0)
  })

  t.test('an ended session never comes back and tells a late reuse from an old token', async t => {
    const { store, user, token } = await setUp()
    const second = alive(await store.rotate(rotation(token, { key: 'a' })))
    t.strictSame(await store.end(user, 'one', token.session, 'logout'), [token.session])
    t.strictSame(await store.end(user, 'one', token.session, 'logout'), [], 'repeating it changes nothing')
    t.equal((await store.rotate(rotation(tokenOf(user, second)))).outcome, 'gone', 'the current token is innocent')
    t.equal((await store.rotate(rotation(token, { key: 'a' }))).outcome, 'gone', 'a retry is')
    t.match(await store.rotate(rotation(token)), { outcome: 'late_reuse', reason: 'logout' })
    t.equal((await store.rotate(rotation({ ...token, generation: 5, rotated: token.rotated + 1e6, jti: 'ahead' }))).outcome, 'gone', 'a token of the future heals nothing here')
    t.equal((await store.standing(user, token.session)).lapses, 0)
  })

  t.test('ending the others spares one, ending all spares none', async t => {
    const { store, user, password, token } = await setUp()
    const others = await Promise.all([1, 2, 3].map(() => store.open(newSession(user, password))))
    t.equal((await store.end(user, 'others', token.session, 'logout'))?.length, others.length)
    t.strictSame((await store.list(user)).map(s => s.id), [token.session])
    t.equal(await store.end(user, 'all', token.session, 'logout', 'not the current jti'), null, 'a proof that does not hold ends nothing')
    t.strictSame(await store.end(user, 'all', token.session, 'logout', token.jti), [token.session])
  })

  t.test('at no moment has an account more sessions than it may', async t => {
    const { store, user, password } = await setUp({ maxSessions: 5 })
    let most = 0
    let watching = true
    const watch = (async () => { while (watching) most = Math.max(most, (await store.list(user)).length) })()
    const results = await Promise.all(Array.from({ length: 40 }, () => store.open(newSession(user, password))))
    watching = false
    await watch
    t.ok(results.every(r => r.outcome === 'opened'))
    t.equal(most, 5)
    t.equal(results.flatMap(r => r.outcome === 'opened' ? r.evicted : []).length, 36)
  })

  t.test('the session unused the longest makes room', async t => {
    const { store, user, password, token, advance } = await setUp({ maxSessions: 2 })
    advance(1_000)
    const second = await store.open(newSession(user, password, { id: 'second' }))
    t.equal(second.outcome, 'opened')
    advance(1_000)
    alive(await store.rotate(rotation(token)))
    t.match(await store.open(newSession(user, password)), { outcome: 'opened', evicted: ['second'] })
  })

  t.test('where the limit rejects, sessions that lapsed do not count', async t => {
    const { store, user, password, advance } = await setUp({ maxSessions: 1, atLimit: 'reject', lifetimes: { access: 10_000, refresh: 60_000 } })
    t.equal((await store.open(newSession(user, password))).outcome, 'limit')
    advance(61_000)
    t.equal((await store.open(newSession(user, password))).outcome, 'opened')
  })

  t.test('a password that is shown again makes the session newly authenticated, and spends nothing', async t => {
    const { store, user, password, opened, token, advance } = await setUp()
    const prove = (more = {}) => store.reauthenticate({ user, session: token.session, password, accessJti: id(), kid: 'kid', ...more })
    advance(60_000)
    const proved = await prove({ accessJti: 'proved' })
    if (proved.outcome !== 'proved') throw new Error(proved.outcome)
    t.equal(proved.session.access.jti, 'proved')
    t.ok(proved.session.authTime >= opened.session.authTime + 60)
    t.equal(proved.session.used, proved.now)
    t.equal(proved.session.access.scope, opened.session.access.scope)
    t.match(proved.session, { jti: token.jti, generation: 0, rotated: opened.session.rotated, refreshExpires: opened.session.refreshExpires, ends: opened.session.ends })
    const next = alive(await store.rotate(rotation(token, { key: 'a' })))
    t.equal(next.session.authTime, proved.session.authTime, 'the refresh token is older, the session knows better')
    const again = await prove()
    t.equal(again.outcome, 'proved')
    t.equal((await store.rotate(rotation(token, { key: 'a' }))).outcome, 'retried', 'a lost answer is still answered')
  })

  t.test('a password that is shown again opens no session, and none past its end', async t => {
    const { store, user, password, opened, token, advance } = await setUp({ lifetimes: { refresh: 60_000, session: 90_000 } })
    const prove = (more = {}) => store.reauthenticate({ user, session: token.session, password, accessJti: id(), kid: 'kid', ...more })
    t.equal((await prove({ session: 'nobody' })).outcome, 'gone')
    t.equal((await prove({ password: 'another hash' })).outcome, 'stale')
    t.match(await prove(), { outcome: 'proved', session: { access: { expires: opened.session.ends } } })
    t.equal((await store.list(user)).length, 1)
    advance(91_000)
    t.equal((await prove()).outcome, 'gone')
    t.equal((await store.list(user)).length, 0)
  })

  t.test('a password that changed meanwhile opens nothing', async t => {
    const { store, user } = await setUp()
    t.equal((await store.open(newSession(user, 'another hash'))).outcome, 'stale')
  })
}
