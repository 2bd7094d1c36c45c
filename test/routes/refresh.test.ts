import type { FastifyRequest } from 'fastify'
import { once } from 'node:events'
import t from 'tap'
import { claimsIn, newKey, PASSWORD, start } from '../support/app.js'

t.test('a refresh token works once, and its reuse ends the session', async t => {
  const { call, login, refresh } = await start(t)
  const first = await login('admin')

  const second = await refresh(first.refresh_token)
  t.equal(second.status, 200)
  t.not(second.body.refresh_token, first.refresh_token)
  t.equal(second.body.session_id, first.session_id, 'the session goes on')
  t.equal(second.headers['cache-control'], 'no-store')
  t.equal((await call('GET', '/v1/users/me', { token: first.access_token })).status, 200, 'the older access token survives the refresh')

  const reuse = await refresh(first.refresh_token)
  t.equal(reuse.status, 401)
  t.equal(reuse.body.code, 'refresh_token_reused')
  t.match(await refresh(second.body.refresh_token), { status: 401, body: { code: 'session_ended' } }, 'the rightful successor is dead as well')
  t.match(await call('GET', '/v1/users/me', { token: second.body.access_token }), { status: 401, body: { code: 'session_ended' } })
})

t.test('a refresh token that is only too old is refused as expired, although its jti is registered', async t => {
  const { app, clock, login, refresh } = await start(t, { SESSION_TIMEOUT: '7200', REFRESH_TIMEOUT: '3600' })
  const { refresh_token: token, user } = await login('admin')
  clock.advance(3_602)
  t.equal(await app.redis.exists(`${app.names.user(user.id)}:refresh:${claimsIn(token).jti}`), 1)
  t.match(await refresh(token), { status: 401, body: { code: 'refresh_token_expired' } })
  clock.advance(-10)
  t.equal((await refresh(token)).status, 200, 'ten seconds earlier it is good')
})

t.test('an expired access token is refused where one is needed and changes nothing where none is', async t => {
  const { call, clock, login } = await start(t)
  const { access_token: token } = await login('admin')
  clock.advance(1_000)
  t.match(await call('GET', '/v1/users/me', { token }), { status: 401, body: { code: 'access_token_expired' }, headers: { 'www-authenticate': /error="invalid_token"/ } })
  t.equal((await call('GET', '/health/live', { token })).status, 200)
  t.equal((await call('POST', '/v1/auth/login', { token, body: { username: 'admin', password: PASSWORD } })).status, 200)
})

t.test('lifetimes are told in both ways to get tokens', async t => {
  const { call, login } = await start(t, { SESSION_TIMEOUT: '60', REFRESH_TIMEOUT: '600', SESSION_MAX_AGE: '6000' })
  t.match(await login('admin'), { token_type: 'Bearer', expires_in: 60, refresh_expires_in: 600, session_expires_in: 6000 })
  for (const body of ['grant_type=password&username=admin&password=correct+horse+battery', `grant_type=refresh_token&refresh_token=${(await login('admin')).refresh_token}`]) {
    t.match((await call('POST', '/oauth/token', { body })).body, { token_type: 'Bearer', expires_in: 60, refresh_expires_in: 600 })
  }
})

t.test('a refresh token is no bearer token, and an access token refreshes nothing', async t => {
  const { call, login, refresh } = await start(t)
  const pair = await login('admin')
  t.match(await call('GET', '/v1/users/me', { token: pair.refresh_token }), { status: 401, body: { code: 'access_token_invalid' } })
  t.match(await refresh(pair.access_token), { status: 401, body: { code: 'refresh_token_invalid' } })
  t.equal((await refresh(pair.refresh_token)).status, 200, 'neither attempt cost anything')
})

t.test('a deactivated user can neither call nor refresh', async t => {
  const { app, call, createUser, login, refresh } = await start(t)
  const user = await createUser('ada')
  const pair = await login('ada')
  await app.accounts.update(user.id, { active: false })
  t.equal((await call('GET', '/v1/users/me', { token: pair.access_token })).status, 401)
  t.match(await refresh(pair.refresh_token), { status: 401, body: { code: 'account_inactive' } })
  await app.accounts.update(user.id, { active: true })
  t.match(await refresh(pair.refresh_token), { status: 401, body: { code: 'session_ended' } }, 'reactivation wakes no session')
})

t.test('a lost answer is repeated to the byte for whoever shows the same key', async t => {
  const { login, refresh } = await start(t)
  const { refresh_token: token } = await login('admin')
  const key = newKey()
  const [first, again] = [await refresh(token, key), await refresh(token, key)]
  t.equal(again.body.access_token, first.body.access_token)
  t.equal(again.body.refresh_token, first.body.refresh_token)
  t.match(await refresh(token, key, { scope: 'profile' }), { status: 400, body: { code: 'invalid_request', errors: [{ path: '/scope' }] } })
  t.equal((await refresh(first.body.refresh_token)).status, 200, 'which ends nothing')
})

t.test('an Idempotency-Key that could be guessed is refused before anything is spent', async t => {
  const { login, refresh } = await start(t)
  const { refresh_token: token } = await login('admin')
  for (const key of ['short', 'x'.repeat(129), 'with spaces in the middle']) t.equal((await refresh(token, key)).status, 400, key)
  t.equal((await refresh(token)).status, 200)
})

t.test('scope narrows one access token, the session keeps what it was granted', async t => {
  const { call, login, refresh } = await start(t)
  const { refresh_token: token } = await login('admin', PASSWORD, { scope: 'profile sessions' })
  t.match(await refresh(token, undefined, { scope: 'profile users' }), { status: 403, body: { code: 'insufficient_scope' } })
  const narrow = await refresh(token, undefined, { scope: 'profile' })
  t.match(narrow, { status: 200, body: { scope: 'profile' } }, 'the refusal spent nothing')
  t.equal((await call('GET', '/v1/sessions', { token: narrow.body.access_token })).status, 403)
  const wide = await refresh(narrow.body.refresh_token)
  t.equal(wide.body.scope, 'profile sessions')
  t.equal((await call('GET', '/v1/sessions', { token: wide.body.access_token })).status, 200)
})

t.test('only an explicit sign-in makes a fresh token', async t => {
  const { clock, login, refresh } = await start(t)
  const first = await login('admin')
  clock.advance(100)
  const { body } = await refresh(first.refresh_token)
  t.equal(claimsIn(first.access_token).fresh, true)
  t.equal(claimsIn(body.access_token).fresh, undefined)
  t.equal(claimsIn(body.access_token).auth_time, claimsIn(first.access_token).auth_time, 'the time of the sign-in stays')
})

t.test('a call that nobody waits for spends nothing', async t => {
  const { app, login, refresh } = await start(t, {}, app => {
    app.addHook('preHandler', async request => { if (request.headers['x-late']) request.arrived -= 11_000 })
  })
  const { refresh_token: token } = await login('admin')
  const late = await app.inject({ method: 'POST', url: '/v1/auth/refresh', headers: { 'x-late': '1' }, payload: { refresh_token: token } })
  t.equal(late.statusCode, 503)
  t.equal(late.headers['retry-after'], '1')
  t.equal((await refresh(token)).status, 200)
})

t.test('a client that hung up before its turn loses nothing', async t => {
  let release = (): void => {}
  const hold = new Promise<void>(resolve => { release = resolve })
  let seen = (_call: FastifyRequest): void => {}
  let answer = (): void => {}
  const answered = new Promise<void>(resolve => { answer = resolve })
  const { app, login, refresh } = await start(t, {}, app => {
    app.addHook('preHandler', async request => {
      if (!request.headers['x-slow']) return
      seen(request)
      await hold
    })
    app.addHook('onSend', async request => { if (request.headers['x-slow']) answer() })
  })
  const { refresh_token: token } = await login('admin')
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const arrived = new Promise<FastifyRequest>(resolve => { seen = resolve })
  const leaving = new AbortController()
  const call = fetch(`${url}/v1/auth/refresh`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-slow': '1' }, body: JSON.stringify({ refresh_token: token }), signal: leaving.signal })
  const { raw: { socket } } = await arrived
  leaving.abort()
  await t.rejects(call)
  if (!socket.destroyed) await once(socket, 'close')
  release()
  await answered
  t.equal((await refresh(token)).status, 200, 'its token was not spent for nobody')
})
