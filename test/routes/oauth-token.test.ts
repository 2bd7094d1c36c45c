import t, { type Test } from 'tap'
import { newKey, PASSWORD, start, type Answer, type Running } from '../support/app.js'
import { isSlowedDown } from '../support/limits.js'

const form = (parameters: Record<string, string>): string => new URLSearchParams(parameters).toString()

const tokenEndpoint = (call: Running['call']) => (parameters: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> =>
  call('POST', '/oauth/token', { body: form(parameters), headers })

/** The same claims under a signature that differs in one character. */
const altered = (token: string): string => token.replace(/\.(.)([^.]*)$/, (_, first, rest) => `.${first === 'A' ? 'B' : 'A'}${rest}`)

const asAdmin = { grant_type: 'password', username: 'admin', password: PASSWORD }

/** Body and status of an error as RFC 6749 section 5.2 has it. */
function isOAuthError (t: Test, answer: Answer, error: string, status = 400, name = error): void {
  t.match(answer, { status, body: { error } }, name)
  t.strictSame(Object.keys(answer.body).sort(), ['error', 'error_description'], name)
  t.match(answer.headers['content-type'], /^application\/json/, name)
  t.equal(answer.headers['cache-control'], 'no-store', name)
}

t.test('the password grant answers what RFC 6749 asks for, and when the refresh token lapses', async t => {
  const { call } = await start(t)
  const { status, headers, body } = await tokenEndpoint(call)(asAdmin)
  t.equal(status, 200)
  t.match(headers, { 'cache-control': 'no-store', pragma: 'no-cache' })
  t.match(headers['content-type'], /^application\/json/)
  t.strictSame(Object.keys(body).sort(), ['access_token', 'expires_in', 'refresh_expires_in', 'refresh_token', 'scope', 'token_type'])
  t.equal(body.token_type, 'Bearer')
  t.ok(Math.abs(body.expires_in - 900) <= 2)
  t.ok(Math.abs(body.refresh_expires_in - 86_400) <= 2)
})

t.test('tokens of one family work in the other', async t => {
  const { call, login, refresh } = await start(t)
  const post = tokenEndpoint(call)
  const { body } = await post(asAdmin)
  t.equal((await call('GET', '/v1/users/me', { token: body.access_token })).status, 200)
  t.equal((await refresh(body.refresh_token)).status, 200)
  const { refresh_token: token } = await login('admin')
  t.equal((await post({ grant_type: 'refresh_token', refresh_token: token })).status, 200)
})

t.test('a library that refreshes twice at once, without a key, keeps its session, and a late reuse ends it', async t => {
  const { call, login, refresh, clock } = await start(t)
  const post = tokenEndpoint(call)
  const spend = (token: string): Promise<Answer> => post({ grant_type: 'refresh_token', refresh_token: token })
  const { refresh_token: token } = (await post(asAdmin)).body
  const [one, other] = await Promise.all([spend(token), spend(token)])
  t.strictSame([one.status, other.status, one.body.refresh_token], [200, 200, other.body.refresh_token])
  const next = await spend(one.body.refresh_token)
  t.equal(next.status, 200)
  clock.advance(61)
  isOAuthError(t, await spend(one.body.refresh_token), 'invalid_grant')
  isOAuthError(t, await spend(next.body.refresh_token), 'invalid_grant')

  const { refresh_token: scripts } = await login('admin')
  t.equal((await refresh(scripts)).status, 200)
  t.equal((await refresh(scripts)).status, 401, 'where the door is another one, as before')
})

t.test('REFRESH_GRACE=0: the refresh token grant rotates, and a reuse ends the session', async t => {
  const { call } = await start(t, { REFRESH_GRACE: '0' })
  const post = tokenEndpoint(call)
  const first = (await post(asAdmin)).body
  const second = await post({ grant_type: 'refresh_token', refresh_token: first.refresh_token })
  t.equal(second.status, 200)
  t.not(second.body.refresh_token, first.refresh_token)
  t.strictSame(Object.keys(second.body).sort(), Object.keys(first).sort())

  isOAuthError(t, await post({ grant_type: 'refresh_token', refresh_token: first.refresh_token }), 'invalid_grant')
  isOAuthError(t, await post({ grant_type: 'refresh_token', refresh_token: second.body.refresh_token }), 'invalid_grant')
  t.equal((await call('GET', '/v1/users/me', { token: second.body.access_token })).status, 401)
})

t.test('a repeated refresh with the same Idempotency-Key answers the same tokens', async t => {
  const { call } = await start(t)
  const post = tokenEndpoint(call)
  const { body } = await post(asAdmin)
  const again = () => post({ grant_type: 'refresh_token', refresh_token: body.refresh_token }, { 'idempotency-key': key })
  const key = newKey()
  const [first, second] = [await again(), await again()]
  t.equal(first.status, 200)
  t.equal(second.status, 200)
  t.equal(second.body.refresh_token, first.body.refresh_token)
  t.equal(second.body.access_token, first.body.access_token)
  isOAuthError(t, await post({ grant_type: 'refresh_token', refresh_token: first.body.refresh_token }, { 'idempotency-key': 'too short' }), 'invalid_request')
  t.equal((await post({ grant_type: 'refresh_token', refresh_token: first.body.refresh_token })).status, 200, 'the refused call has not spent it')
})

t.test('unknown user, wrong password and inactive account are one invalid_grant', async t => {
  const { call, login, createUser } = await start(t)
  const gone = await createUser('gone')
  await call('PATCH', `/v1/users/${gone.id}`, { token: (await login('admin')).access_token, body: { active: false } })
  const post = tokenEndpoint(call)
  const wrong = await post({ ...asAdmin, password: 'wrong' })
  isOAuthError(t, wrong, 'invalid_grant')
  for (const username of ['nobody', 'gone']) {
    const answer = await post({ ...asAdmin, username })
    t.strictSame([answer.status, answer.body, Object.keys(answer.headers).sort()], [wrong.status, wrong.body, Object.keys(wrong.headers).sort()], username)
  }
})

t.test('failures at either door slow both down', async t => {
  const running = await start(t, { RATE_LIMIT: 'on' })
  const { call } = running
  const post = tokenEndpoint(call)
  const began = performance.now()
  for (let failure = 1; failure <= 3; failure++) t.equal((await post({ ...asAdmin, password: 'wrong' })).status, 400)
  for (let failure = 4; failure <= 5; failure++) t.equal((await call('POST', '/v1/auth/login', { body: { username: 'admin', password: 'wrong' } })).status, 401)
  await isSlowedDown(t, running, 'temporarily_unavailable', async () => {
    const slowed = await post(asAdmin)
    t.strictSame(Object.keys(slowed.body).sort(), ['error', 'error_description'])
    return slowed
  }, { seconds: 1, began })
  await isSlowedDown(t, running, 'too_many_attempts', () => call('POST', '/v1/auth/login', { body: { username: 'admin', password: PASSWORD } }), { seconds: 1, began })
})

t.test('an access token, an altered token and none at all are no refresh token', async t => {
  const { call } = await start(t)
  const post = tokenEndpoint(call)
  const { body } = await post(asAdmin)
  for (const token of [body.access_token, 'nonsense', altered(body.refresh_token)]) isOAuthError(t, await post({ grant_type: 'refresh_token', refresh_token: token }), 'invalid_grant')
  t.equal((await post({ grant_type: 'refresh_token', refresh_token: body.refresh_token })).status, 200)
})

t.test('a refresh can narrow its access token; the session keeps what was granted', async t => {
  const { call } = await start(t)
  const post = tokenEndpoint(call)
  const granted = (await post({ ...asAdmin, scope: 'profile sessions' })).body
  t.strictSame(granted.scope.split(' ').sort(), ['profile', 'sessions'])
  const narrow = (await post({ grant_type: 'refresh_token', refresh_token: granted.refresh_token, scope: 'sessions' })).body
  t.equal(narrow.scope, 'sessions')
  t.equal((await call('GET', '/v1/sessions', { token: narrow.access_token })).status, 200)
  t.equal((await call('GET', '/v1/users/me', { token: narrow.access_token })).status, 403)
  const wide = (await post({ grant_type: 'refresh_token', refresh_token: narrow.refresh_token })).body
  t.strictSame(wide.scope.split(' ').sort(), ['profile', 'sessions'])
})

t.test('more scope than was granted is refused at either door and spends nothing', async t => {
  const { call, createUser, refresh } = await start(t)
  await createUser('ada')
  const post = tokenEndpoint(call)
  const { body } = await post({ ...asAdmin, scope: 'profile' })
  for (const scope of ['users', 'profile users', 'no-such-scope']) {
    isOAuthError(t, await post({ grant_type: 'refresh_token', refresh_token: body.refresh_token, scope }), 'invalid_scope')
    t.match(await refresh(body.refresh_token, undefined, { scope }), { status: 403, body: { code: 'insufficient_scope' } }, scope)
    isOAuthError(t, await post({ ...asAdmin, username: 'ada', scope: scope.replace('profile ', '') }), 'invalid_scope')
  }
  t.equal((await post({ grant_type: 'refresh_token', refresh_token: body.refresh_token })).status, 200, 'the refresh token is still good')
})
