import t, { type Test } from 'tap'
import { newKey, start, type Running } from '../support/app.js'
import { startReplicas } from '../support/replicas.js'

const HOUR = 3600
const DAY = 24 * HOUR

const kidOf = (token: string): string => JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()).kid

interface Listed { kid: string, alg: string, status: string, created: string, retires: string | null }

/** Calls of somebody who has just signed in. */
const admin = async ({ login, call }: Running) => {
  const { access_token: token } = await login('admin')
  return {
    token,
    list: async (): Promise<Listed[]> => (await call('GET', '/v1/keys', { token })).body.items,
    rotate: async (): Promise<Listed> => (await call('POST', '/v1/keys/rotate', { token })).body,
    remove: async (kid: string) => await call('DELETE', `/v1/keys/${kid}`, { token })
  }
}

const statuses = (keys: Listed[]): string[] => keys.map(({ status }) => status)

async function oneApp (t: Test, env: Record<string, string> = {}) {
  const running = await start(t, env)
  const me = async (token: string): Promise<number> => (await running.call('GET', '/v1/users/me', { token })).status
  return { ...running, me }
}

t.test('a rotation announces a key, which signs after the overlap, and logs nobody out', async t => {
  const running = await oneApp(t, { SESSION_MAX_AGE: String(2 * DAY) })
  const { login, refresh, clock, me } = running
  const pair = await login('admin')
  const first = kidOf(pair.access_token)
  const announced = await (await admin(running)).rotate()
  t.match(announced, { alg: 'HS512', status: 'next', retires: null })
  t.not(announced.kid, first)
  t.equal((await (await admin(running)).rotate()).kid, announced.kid, 'one that is announced is not announced again')
  t.equal(kidOf((await login('admin')).access_token), first, 'until then the former one signs')

  clock.advance(301)
  t.equal(kidOf((await login('admin')).access_token), announced.kid)
  t.equal(await me(pair.access_token), 200)
  const { body: renewed } = await refresh(pair.refresh_token, newKey())
  t.strictSame([kidOf(renewed.access_token), kidOf(renewed.refresh_token)], [announced.kid, announced.kid])
  const ring = await (await admin(running)).list()
  t.strictSame(ring.map(({ kid, status }) => [kid, status]), [[announced.kid, 'current'], [first, 'retiring']])
  t.ok(Date.parse(ring[1]!.retires!) >= Date.now() + clock.skew() + 2 * DAY * 1000 - 2000, 'it stays as long as a session may live')

  clock.advance(DAY - 100)
  t.equal((await refresh(renewed.refresh_token, newKey())).status, 200)
  t.match((await running.call('GET', '/v1/users/me', { token: pair.access_token })).body, { code: 'access_token_expired' }, 'who comes with an old token is told that it is old')
  clock.advance(DAY + 200)
  t.strictSame(statuses(await (await admin(running)).list()), ['current'], 'and not much longer')
})

t.test('a lost answer is repeated with the same refresh token, though another key signs by now', async t => {
  const running = await oneApp(t)
  const { login, refresh, clock } = running
  const { refresh_token: spent } = await login('admin')
  const key = newKey()
  const { body: pair } = await refresh(spent, key)
  await (await admin(running)).rotate()
  clock.advance(870)
  const { body: again } = await refresh(spent, key)
  t.equal(again.refresh_token, pair.refresh_token)
  t.not(kidOf(again.access_token), kidOf(pair.access_token), 'while the access token, which had little left, is a new one')
})

t.test('of replicas that rotate at the same moment one does, and all sign with its key', async t => {
  const { replicas, advance } = await startReplicas(t, 3)
  const admins = await Promise.all(replicas.map(admin))
  const kids = await Promise.all(admins.map(async ({ rotate }) => (await rotate()).kid))
  t.equal(new Set(kids).size, 1)
  advance(301)
  const signed = await Promise.all(replicas.map(async ({ login }) => kidOf((await login('admin')).access_token)))
  t.strictSame(signed, [kids[0], kids[0], kids[0]])
})

t.test('a key is replaced by itself when its time has come', async t => {
  const { login, clock, app } = await oneApp(t, { KEY_ROTATION: '1000', KEY_OVERLAP: '100' })
  const kid = async (): Promise<string> => kidOf((await login('admin')).access_token)
  const first = await kid()
  clock.advance(890)
  await app.keys.tend()
  t.strictSame(statuses(await app.keys.list() as Listed[]), ['current'])
  clock.advance(20)
  await app.keys.tend()
  t.equal(await kid(), first)
  t.strictSame(statuses(await app.keys.list() as Listed[]), ['next', 'current'])
  clock.advance(101)
  t.not(await kid(), first)
})

t.test('with KEY_ROTATION=0 a key signs for ever', async t => {
  const { clock, app } = await oneApp(t, { KEY_ROTATION: '0' })
  clock.advance(5 * 365 * DAY)
  t.strictSame(statuses(await app.keys.list() as Listed[]), ['current'])
})

t.test('a replica that missed an announcement looks for the key before it refuses a token', async t => {
  const { replicas: [one, other], advance } = await startReplicas(t, 2)
  await (await admin(one!)).rotate()
  advance(301)
  const pair = await one!.login('admin')
  t.equal(other!.app.keys.find(kidOf(pair.access_token)), undefined, 'it does not know it')
  t.equal((await other!.call('GET', '/v1/users/me', { token: pair.access_token })).status, 200)
  t.ok(other!.app.keys.find(kidOf(pair.access_token)))

  for (const by of ['body', 'logout', 'revoke'] as const) {
    await (await admin(one!)).rotate()
    advance(301)
    const { refresh_token: token } = await one!.login('admin')
    const status = {
      body: async () => (await other!.refresh(token)).status,
      logout: async () => (await other!.call('POST', '/v1/auth/logout', { body: { refresh_token: token } })).status,
      revoke: async () => (await other!.call('POST', '/oauth/revoke', { body: `token=${token}` })).status
    }
    t.equal(await status[by](), { body: 200, logout: 204, revoke: 200 }[by], by)
    if (by !== 'body') t.equal((await one!.refresh(token)).body.code, 'session_ended', by)
  }
})

t.test('a replica that was asleep signs with the key that the others sign with', async t => {
  const { replicas: [one, asleep], advance } = await startReplicas(t, 2)
  const { refresh_token: token } = await asleep!.login('admin')
  const { kid } = await (await admin(one!)).rotate()
  advance(301)
  const signed = async (pair: Promise<{ access_token: string }>): Promise<string> => kidOf((await pair).access_token)
  t.equal(await signed(asleep!.refresh(token).then(({ body }) => body)), kid)
  const { kid: another } = await (await admin(one!)).rotate()
  advance(301)
  t.equal(await signed(asleep!.login('admin')), another)
})

t.test('a spent refresh token is reuse long after it has expired, whatever key signs by now', async t => {
  const { login, refresh, clock, app, me } = await oneApp(t)
  const { refresh_token: stolen } = await login('admin')
  let { body: thief } = await refresh(stolen)
  for (let day = 0; day < 10; day++) {
    await app.keys.rotate()
    clock.advance(0.9 * DAY)
    thief = (await refresh(thief.refresh_token)).body
  }
  t.equal(await me(thief.access_token), 200)
  t.match((await refresh(stolen)).body, { code: 'refresh_token_reused' })
  t.equal(await me(thief.access_token), 401)
})

t.test('a key that signed API tokens stays until the last of them has expired', async t => {
  const { call, login, app, clock } = await oneApp(t, { SESSION_MAX_AGE: String(DAY) })
  const { access_token: token } = await login('admin')
  const issue = async (days: number) => (await call('POST', '/v1/api-tokens', { token, body: { name: 'camera', datasets: { '*': ['read'] }, expires_in: days * DAY } })).body.token as string
  const [long, short] = [await issue(10), await issue(2)]
  await app.keys.rotate()
  clock.advance(9.9 * DAY)
  await app.keys.tend()
  t.equal((await call('GET', '/v1/scans', { token: long })).status, 200)
  t.match((await call('GET', '/v1/scans', { token: short })).body, { code: 'api_token_expired' })
  clock.advance(0.2 * DAY)
  t.strictSame(statuses(await app.keys.list() as Listed[]), ['current'])
})

t.test('a key that leaked is removed, and its tokens are good for nothing, but the one that signs is not', async t => {
  const running = await oneApp(t)
  const { call, login, refresh, clock, me } = running
  const former = await login('admin')
  const { body: { token: camera } } = await call('POST', '/v1/api-tokens', { token: former.access_token, body: { name: 'camera', datasets: { '*': ['read'] } } })
  const kid = kidOf(former.access_token)
  const { remove, rotate } = await admin(running)
  t.match(await remove(kid), { status: 409, body: { code: 'key_signing' } })
  t.match(await remove('unknown'), { status: 404, body: { code: 'key_not_found' } })
  await rotate()
  clock.advance(200)
  const { remove: removeLate, list } = await admin(running)
  t.match(await removeLate((await list())[0]!.kid), { status: 409 }, 'nor one that is about to: not all replicas would know in time')
  clock.advance(101)
  t.equal(await me(former.access_token), 200)
  t.equal((await (await admin(running)).remove(kid)).status, 204)
  t.equal(await me(former.access_token), 401)
  t.match((await refresh(former.refresh_token)).body, { code: 'refresh_token_invalid' })
  t.equal((await call('GET', '/v1/scans', { token: camera })).status, 401)
  t.equal(await me((await login('admin')).access_token), 200)
})

t.test('opaque access tokens go with the keys likewise', async t => {
  const { replicas: [one, other], advance } = await startReplicas(t, 2, { ACCESS_TOKEN_FORMAT: 'opaque' })
  const me = async (token: string): Promise<number> => (await other!.call('GET', '/v1/users/me', { token })).status
  const { access_token: before } = await one!.login('admin')
  const former = one!.app.keys.current.kid
  await one!.app.keys.rotate()
  advance(301)
  const { access_token: after } = await one!.login('admin')
  t.not(after.split('.')[0], before.split('.')[0])
  t.strictSame([await me(after), await me(before)], [200, 200])
  await one!.app.keys.remove(former)
  await other!.app.keys.tend()
  t.strictSame([await me(after), await me(before)], [200, 401])
})

t.test('keys are for admins who have just signed in', async t => {
  const running = await oneApp(t)
  const { call, login, refresh, createUser } = running
  await createUser('ada', { roles: ['contributor'] })
  const { access_token: ada } = await login('ada')
  const { refresh_token: spent } = await login('admin')
  const { body: { access_token: stale } } = await refresh(spent)
  for (const [method, url] of [['GET', '/v1/keys'], ['POST', '/v1/keys/rotate'], ['DELETE', '/v1/keys/some']] as const) {
    t.match((await call(method, url)).body, { code: 'authentication_required' })
    t.match((await call(method, url, { token: ada })).body, { code: 'insufficient_scope' })
    t.match((await call(method, url, { token: stale })).body, { code: 'fresh_authentication_required' })
  }
  t.equal((await (await admin(running)).list()).length, 1)
})
