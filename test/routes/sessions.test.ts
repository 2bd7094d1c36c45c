import t from 'tap'
import { PASSWORD, start, type Answer, type Running } from '../support/app.js'

const RFC3339_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

const ids = (answer: Answer): string[] => answer.body.items.map(({ id }: { id: string }) => id).sort()

/** Two sessions of `ada` and one of `grace`. */
async function twoPeople ({ login, createUser }: Running) {
  await createUser('ada')
  await createUser('grace')
  return { own: await login('ada'), other: await login('ada'), stranger: await login('grace') }
}

t.test('the list shows where the account is signed in, and nobody else', async t => {
  const running = await start(t)
  const { call } = running
  const { own, other } = await twoPeople(running)
  const answer = await call('GET', '/v1/sessions', { token: own.access_token })
  t.equal(answer.status, 200)
  t.strictSame(Object.keys(answer.body).sort(), ['items', 'next'])
  t.equal(answer.body.next, null)
  t.strictSame(ids(answer), [own.session_id, other.session_id].sort())
  for (const session of answer.body.items) {
    t.strictSame(Object.keys(session).sort(), ['created', 'current', 'device', 'ends', 'id', 'last_used', 'transport'])
    t.strictSame(Object.keys(session.device).sort(), ['ip', 'label', 'user_agent'])
    t.equal(session.current, session.id === own.session_id)
    t.equal(session.transport, 'bearer')
    for (const time of ['created', 'last_used', 'ends']) t.match(session[time], RFC3339_UTC, time)
    t.ok(Math.abs(Date.parse(session.ends) - Date.parse(session.created) - 30 * 86_400_000) <= 1000, 'a session ends after 30 days')
  }
})

t.test('a session remembers the device that opened it and when it was used', async t => {
  const { app, call, refresh, clock } = await start(t)
  const opened = await app.inject({
    method: 'POST', url: '/v1/auth/login', remoteAddress: '198.51.100.7', headers: { 'user-agent': 'Camera/1.0' }, payload: { username: 'admin', password: PASSWORD, device: 'Roof camera' }
  })
  const pair = opened.json()
  const [before] = (await call('GET', '/v1/sessions', { token: pair.access_token })).body.items
  t.strictSame(before.device, { ip: '198.51.100.7', user_agent: 'Camera/1.0', label: 'Roof camera' })

  clock.advance(60)
  const { access_token: token } = (await refresh(pair.refresh_token)).body
  const [after] = (await call('GET', '/v1/sessions', { token })).body.items
  t.ok(Date.parse(after.last_used) >= Date.parse(before.last_used) + 60_000)
  t.equal(after.created, before.created)
  t.equal(after.ends, before.ends, 'using it does not make it longer')
})

t.test('a session that ended or lapsed is no longer listed', async t => {
  const { call, login, clock } = await start(t, { SESSION_TIMEOUT: '200000', REFRESH_TIMEOUT: '3600' })
  const [, ended] = [await login('admin'), await login('admin')]
  t.equal((await call('POST', '/v1/auth/logout', { token: ended.access_token })).status, 204)
  clock.advance(200_010)
  const own = await login('admin')
  t.strictSame(ids(await call('GET', '/v1/sessions', { token: own.access_token })), [own.session_id])
})

t.test('the list comes in pages', async t => {
  const { call, login } = await start(t)
  const pairs = [await login('admin'), await login('admin'), await login('admin')]
  const token = pairs[0]?.access_token ?? ''
  const first = await call('GET', '/v1/sessions?limit=2', { token })
  t.equal(first.status, 200)
  t.equal(first.body.items.length, 2)
  t.type(first.body.next, 'string')
  const second = await call('GET', `/v1/sessions?limit=2&cursor=${encodeURIComponent(String(first.body.next))}`, { token })
  t.strictSame([...ids(first), ...ids(second)].sort(), pairs.map(pair => pair.session_id).sort(), 'each session once')
  t.equal(second.body.next, null)
  for (const query of ['limit=0', 'limit=501', 'limit=x', 'cursor=!!!']) {
    t.match(await call('GET', `/v1/sessions?${query}`, { token }), { status: 400, body: { code: 'invalid_request' } }, query)
  }
})

t.test('one session can be ended from another', async t => {
  const running = await start(t)
  const { call, refresh } = running
  const { own, other, stranger } = await twoPeople(running)
  const answer = await call('DELETE', `/v1/sessions/${other.session_id}`, { token: own.access_token })
  t.equal(answer.status, 204)
  t.equal(answer.body, '')
  t.match(await call('GET', '/v1/users/me', { token: other.access_token }), { status: 401, body: { code: 'session_ended' } })
  t.match(await refresh(other.refresh_token), { status: 401, body: { code: 'session_ended' } })
  for (const { access_token: token } of [own, stranger]) t.equal((await call('GET', '/v1/users/me', { token })).status, 200)
  t.match(await call('DELETE', `/v1/sessions/${other.session_id}`, { token: own.access_token }), { status: 404, body: { code: 'session_not_found' } })
})

t.test('a session can end itself', async t => {
  const { call, login } = await start(t)
  const pair = await login('admin')
  t.equal((await call('DELETE', `/v1/sessions/${pair.session_id}`, { token: pair.access_token })).status, 204)
  t.match(await call('GET', '/v1/users/me', { token: pair.access_token }), { status: 401, body: { code: 'session_ended' } })
})

t.test('the sessions of somebody else do not exist, not even for an admin', async t => {
  const running = await start(t)
  const { call, login } = running
  const { own, stranger } = await twoPeople(running)
  const admin = await login('admin')
  for (const { access_token: token } of [own, admin]) {
    t.match(await call('DELETE', `/v1/sessions/${stranger.session_id}`, { token }), { status: 404, body: { code: 'session_not_found' } })
    t.match(await call('DELETE', '/v1/sessions/no-such-session', { token }), { status: 404, body: { code: 'session_not_found' } })
  }
  t.equal((await call('GET', '/v1/users/me', { token: stranger.access_token })).status, 200)
})

for (const [which, ownLives] of [['others', true], ['all', false]] as const) {
  t.test(`${which} sessions of the account end in one call`, async t => {
    const running = await start(t)
    const { call, refresh } = running
    const { own, other, stranger } = await twoPeople(running)
    const answer = await call('DELETE', `/v1/sessions?which=${which}`, { token: own.access_token })
    t.equal(answer.status, 204)
    t.equal(answer.body, '')
    t.match(await refresh(other.refresh_token), { status: 401, body: { code: 'session_ended' } })
    t.match(await call('GET', '/v1/users/me', { token: own.access_token }), ownLives ? { status: 200 } : { status: 401, body: { code: 'session_ended' } })
    t.equal((await call('GET', '/v1/users/me', { token: stranger.access_token })).status, 200)
  })
}

t.test('ending sessions in bulk says which, in one word', async t => {
  const running = await start(t)
  const { call } = running
  const { own, other } = await twoPeople(running)
  for (const query of ['', '?which=', '?which=this', '?which=others&which=all']) {
    t.match(await call('DELETE', `/v1/sessions${query}`, { token: own.access_token }), { status: 400, body: { code: 'invalid_request' } }, query)
  }
  t.equal((await call('GET', '/v1/users/me', { token: other.access_token })).status, 200)
})

t.test('sessions are shown and ended with their scope only', async t => {
  const { call, login } = await start(t)
  const { access_token: token, session_id: id } = await login('admin', PASSWORD, { scope: 'profile users' })
  for (const [method, url] of [['GET', '/v1/sessions'], ['DELETE', '/v1/sessions?which=all'], ['DELETE', `/v1/sessions/${id}`]] as const) {
    const refused = await call(method, url, { token })
    t.match(refused, { status: 403, body: { code: 'insufficient_scope' } }, `${method} ${url}`)
    t.match(refused.headers['www-authenticate'], /error="insufficient_scope".*scope="sessions"/)
    t.match(await call(method, url), { status: 401, body: { code: 'authentication_required' } }, `${method} ${url}`)
  }
  t.equal((await call('GET', '/v1/users/me', { token })).status, 200)
})
