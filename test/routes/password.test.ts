import t from 'tap'
import { PASSWORD, start } from '../support/app.js'
import { isSlowedDown } from '../support/limits.js'

const NEXT = 'a staple for the battery'

t.test('a new password replaces the old one and ends the other sessions', async t => {
  const { call, login, refresh, createUser } = await start(t)
  await createUser('ada')
  await createUser('grace')
  const [own, other, stranger] = [await login('ada'), await login('ada'), await login('grace')]
  const answer = await call('POST', '/v1/auth/password', { token: own.access_token, body: { current: PASSWORD, new: NEXT } })
  t.equal(answer.status, 204)
  t.equal(answer.body, '')

  t.equal((await call('GET', '/v1/users/me', { token: own.access_token })).status, 200, 'the session that changed it goes on')
  t.equal((await refresh(own.refresh_token)).status, 200)
  t.match(await call('GET', '/v1/users/me', { token: other.access_token }), { status: 401, body: { code: 'session_ended' } })
  t.match(await refresh(other.refresh_token), { status: 401, body: { code: 'session_ended' } })
  t.equal((await call('GET', '/v1/users/me', { token: stranger.access_token })).status, 200, 'nobody else is touched')

  t.match(await call('POST', '/v1/auth/login', { body: { username: 'ada', password: PASSWORD } }), { status: 401, body: { code: 'invalid_credentials' } })
  t.equal((await login('ada', NEXT)).user.username, 'ada')
})

t.test('a wrong current password changes nothing', async t => {
  const { call, login } = await start(t)
  const [own, other] = [await login('admin'), await login('admin')]
  t.match(await call('POST', '/v1/auth/password', { token: own.access_token, body: { current: 'wrong', new: NEXT } }), { status: 401, body: { code: 'invalid_credentials' } })
  for (const { access_token: token } of [own, other]) t.equal((await call('GET', '/v1/users/me', { token })).status, 200)
  t.ok((await login('admin', PASSWORD)).access_token)
})

t.test('a wrong current password counts as a failed sign-in', async t => {
  const running = await start(t, { RATE_LIMIT: 'on' })
  const { app, call, login, clock } = running
  const { access_token: token } = await login('admin')
  clock.advance(600)
  const began = performance.now()
  const change = (current: string) => call('POST', '/v1/auth/password', { token, body: { current, new: NEXT } })
  for (let failure = 1; failure <= 5; failure++) t.equal((await change('wrong')).status, 401, `failure ${failure}`)

  await isSlowedDown(t, running, 'too_many_attempts', () => change(PASSWORD), { seconds: 1, began })
  await isSlowedDown(t, running, 'too_many_attempts', () => call('POST', '/v1/auth/login', { body: { username: 'admin', password: PASSWORD } }), { seconds: 1, began })
  const elsewhere = await app.inject({ method: 'POST', url: '/v1/auth/login', payload: { username: 'admin', password: PASSWORD }, remoteAddress: '198.51.100.7' })
  t.equal(elsewhere.statusCode, 200, 'the password is still the old one, and the owner gets in from elsewhere')
})

t.test('failed sign-ins slow a password change down, too', async t => {
  const running = await start(t, { RATE_LIMIT: 'on' })
  const { call, login, clock } = running
  const { access_token: token } = await login('admin')
  clock.advance(600)
  const began = performance.now()
  for (let failure = 1; failure <= 5; failure++) await call('POST', '/v1/auth/login', { body: { username: 'admin', password: 'wrong' } })
  const change = () => call('POST', '/v1/auth/password', { token, body: { current: PASSWORD, new: NEXT } })
  await isSlowedDown(t, running, 'too_many_attempts', change, { seconds: 1, began })
  clock.advance(1)
  t.equal((await change()).status, 204)
})

t.test('a password that is too short is refused and ends nothing', async t => {
  const { call, login } = await start(t)
  const [own, other] = [await login('admin'), await login('admin')]
  const change = (next: string) => call('POST', '/v1/auth/password', { token: own.access_token, body: { current: PASSWORD, new: next } })
  t.match(await change('1234567'), { status: 422, body: { code: 'password_too_short' } })
  t.match(await change('🌱🌱🌱🌱'), { status: 422, body: { code: 'password_too_short' } }, 'characters are counted, not what they are stored as')
  t.equal((await call('GET', '/v1/users/me', { token: other.access_token })).status, 200)
  t.equal((await change('12345678')).status, 204)
})

t.test('PASSWORD_MIN_LENGTH says what is too short', async t => {
  const { call, login } = await start(t, { PASSWORD_MIN_LENGTH: '12' })
  const { access_token: token } = await login('admin')
  const change = (next: string) => call('POST', '/v1/auth/password', { token, body: { current: PASSWORD, new: next } })
  t.match(await change('12345678901'), { status: 422, body: { code: 'password_too_short' } })
  t.equal((await change('123456789012')).status, 204)
})

t.test('of two changes at once that know the same password, one is made', async t => {
  const { call, login } = await start(t)
  const [one, two] = [await login('admin'), await login('admin')]
  const change = (token: string, next: string) => call('POST', '/v1/auth/password', { token, body: { current: PASSWORD, new: next } })
  const answers = await Promise.all([change(one.access_token, `${NEXT} one`), change(two.access_token, `${NEXT} two`)])
  t.strictSame(answers.map(({ status }) => status).sort(), [204, 401])
  const winner = answers[0].status === 204 ? 'one' : 'two'
  t.ok((await login('admin', `${NEXT} ${winner}`)).access_token)
})

t.test('changing the password takes an access token that carries the profile', async t => {
  const { call, login } = await start(t)
  const body = { current: PASSWORD, new: NEXT }
  t.match(await call('POST', '/v1/auth/password', { body }), { status: 401, body: { code: 'authentication_required' } })
  const { access_token: token } = await login('admin', PASSWORD, { scope: 'sessions users' })
  t.match(await call('POST', '/v1/auth/password', { token, body }), { status: 403, body: { code: 'insufficient_scope' } })
})

t.test('both passwords are asked for, as text', async t => {
  const { call, login } = await start(t)
  const { access_token: token } = await login('admin')
  for (const body of [{ current: PASSWORD }, { new: NEXT }, { current: PASSWORD, new: 12345678 }, { current: PASSWORD, new: NEXT, username: 'ada' }]) {
    t.match(await call('POST', '/v1/auth/password', { token, body }), { status: 400, body: { code: 'invalid_request' } }, JSON.stringify(body))
  }
})
