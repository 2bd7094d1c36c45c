import t from 'tap'
import { claimsIn, PASSWORD, start } from '../support/app.js'
import { isSlowedDown } from '../support/limits.js'
import { cookiesSet, pageOf } from '../support/jar.js'

const URL = '/v1/auth/reauthenticate'
const prove = (token: string, password = PASSWORD) => ({ token, body: { password } })

t.test('the password gives a fresh access token of the same session, and spends no refresh token', async t => {
  const { call, login, refresh, clock } = await start(t)
  const first = await login('admin', PASSWORD, { scope: 'profile sessions' })
  clock.advance(100)
  const { body: pair } = await refresh(first.refresh_token)
  const answer = await call('POST', URL, prove(pair.access_token))
  t.equal(answer.status, 200)
  t.equal(answer.headers['cache-control'], 'no-store')
  t.strictSame(Object.keys(answer.body).sort(), ['access_token', 'expires_in', 'scope', 'session_id', 'token_type'])
  t.match(answer.body, { token_type: 'Bearer', expires_in: 900, scope: 'profile sessions', session_id: first.session_id })
  const [before, after] = [claimsIn(pair.access_token), claimsIn(answer.body.access_token)]
  t.match(after, { sid: before.sid, sub: before.sub, gen: before.gen, scope: before.scope, fresh: true })
  t.not(after.jti, before.jti)
  t.ok(after.auth_time >= before.auth_time + 100)

  for (const token of [pair.access_token, answer.body.access_token]) t.equal((await call('GET', '/v1/users/me', { token })).status, 200, 'both are good')
  const { status, body: next } = await refresh(pair.refresh_token)
  t.equal(status, 200)
  t.equal(claimsIn(next.access_token).auth_time, after.auth_time, 'the session remembers the newer time')
  t.notOk('fresh' in claimsIn(next.access_token))
})

t.test('nothing but the own password does', async t => {
  const { call, login, createUser } = await start(t)
  await createUser('ada', { password: 'the password of ada' })
  const { access_token: token, refresh_token: refreshToken } = await login('admin')
  t.match(await call('POST', URL, prove(token, 'the password of ada')), { status: 401, body: { code: 'invalid_credentials' } })
  t.match(await call('POST', URL, { body: { password: PASSWORD } }), { status: 401, body: { code: 'authentication_required' } })
  t.match(await call('POST', URL, prove(refreshToken)), { status: 401, body: { code: 'access_token_invalid' } })
  const { body: { token: machine } } = await call('POST', '/v1/api-tokens', { token, body: { name: 'camera', datasets: { '*': ['read'] } } })
  t.match(await call('POST', URL, prove(machine)), { status: 403, body: { code: 'api_token_not_accepted' } })
  for (const body of [{}, { password: '' }, { password: 7 }, { password: PASSWORD, username: 'admin' }]) t.match(await call('POST', URL, { token, body }), { status: 400, body: { code: 'invalid_request' } }, JSON.stringify(body))
  t.equal((await call('GET', '/v1/users/me', { token })).status, 200, 'a wrong password ends nothing')
})

t.test('a wrong password counts as a failed sign-in', async t => {
  const running = await start(t, { RATE_LIMIT: 'on' })
  const { call, login, clock } = running
  const { access_token: token } = await login('admin')
  clock.advance(600)
  const began = performance.now()
  for (let failure = 1; failure <= 5; failure++) t.equal((await call('POST', URL, prove(token, 'wrong'))).status, 401, `failure ${failure}`)
  await isSlowedDown(t, running, 'too_many_attempts', () => call('POST', URL, prove(token)), { seconds: 1, began })
  clock.advance(60)
  t.equal((await call('POST', URL, prove(token))).status, 200)
})

t.test('what ended, or changed while the password was looked at, is not brought back', async t => {
  const { app, call, login, createUser } = await start(t)
  const ada = await createUser('ada')
  const ended = await login('ada')
  await call('POST', '/v1/auth/logout', { token: ended.access_token })
  t.match(await call('POST', URL, prove(ended.access_token)), { status: 401, body: { code: 'session_ended' } })

  const pair = await login('ada')
  const account = (await app.accountStore.byId(ada.id))!
  await app.accounts.changePassword({ user: ada.id, session: pair.session_id, current: PASSWORD, next: 'a staple for the battery', address: '::1' })
  await t.rejects(app.sessions.reauthenticate(account, pair.session_id), { code: 'invalid_credentials' })
  await app.accounts.setPassword(ada.id, PASSWORD)
  await t.rejects(app.sessions.reauthenticate((await app.accountStore.byId(ada.id))!, pair.session_id), { code: 'session_ended' })
  const stranger = await login('admin')
  await t.rejects(app.sessions.reauthenticate((await app.accountStore.byId(ada.id))!, stranger.session_id), { code: 'session_ended' }, 'nor is a session of somebody else')
})

t.test('fresh again, an admin may set a password', async t => {
  const { call, login, refresh, createUser } = await start(t)
  const ada = await createUser('ada')
  const { body: { access_token: token } } = await refresh((await login('admin')).refresh_token)
  const set = (token: string) => call('POST', `/v1/users/${ada.id}/password`, { token, body: { new: 'a staple for the battery' } })
  t.match(await set(token), { status: 403, body: { code: 'fresh_authentication_required' } })
  t.equal((await set((await call('POST', URL, prove(token))).body.access_token)).status, 204)
})

t.test('a browser gets the fresh token as a cookie, and keeps its others', async t => {
  const page = pageOf(await start(t))
  await page.login()
  const before = { ...page.jar }
  const answer = await page.send('POST', URL, { body: { password: PASSWORD } })
  t.match(answer, { status: 200, body: { expires_in: 900, access_token: undefined } })
  t.strictSame(Object.keys(cookiesSet(answer)), ['gc_access'])
  t.match(claimsIn(page.jar.gc_access!), { fresh: true })
  t.match(page.jar, { gc_refresh: before.gc_refresh, gc_csrf: before.gc_csrf })
  t.equal((await page.me()).status, 200)
  t.equal((await page.refresh()).status, 200)
  t.match(await page.send('POST', URL, { body: { password: PASSWORD }, headers: { 'x-csrf-token': 'forged' } }), { status: 403, body: { code: 'csrf_failed' } })
})
