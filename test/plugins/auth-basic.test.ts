import t from 'tap'
import { PASSWORD, start, type Running } from '../support/app.js'

const basic = (username: string, password = PASSWORD) => ({ authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` })
const me = ({ call }: Pick<Running, 'call'>, headers: Record<string, string>, url = '/v1/users/me') => call('GET', url, { headers })

const running = await start(t, { BASIC_AUTH: 'on', GUEST_ACCESS: 'public' })
const { app, call, createUser, login } = running
const ADA = { password: 'pass:with:colons äöü €' }
const ada = await createUser('ada', ADA)

t.test('name and password are taken wherever an access token is, and open no session', async t => {
  t.match(await me(running, basic('ada', ADA.password)), { status: 200, body: { username: 'ada', id: ada.id } }, 'colons and UTF-8 belong to the password')
  t.match(await me(running, basic('Ada', ADA.password)), { status: 200, body: { username: 'ada' } })
  for (const scheme of ['basic', 'BASIC']) t.equal((await me(running, { authorization: basic('admin').authorization.replace('Basic', scheme) })).status, 200, scheme)
  t.equal((await me(running, basic('ada', ADA.password), '/v1/users')).status, 403, 'with the rights of the account')
  t.equal((await me(running, basic('admin'), '/v1/users')).status, 200)
  t.strictSame(await app.tokenStore.list(ada.id), [])
  t.equal((await app.accounts.get(ada.id)).last_login, null)
})

t.test('what is wrong is refused, also where guests may call, and both schemes are offered', async t => {
  for (const url of ['/v1/users/me', '/v1/scans']) {
    const refused = await me(running, basic('ada', 'wrong'), url)
    t.match(refused, { status: 401, body: { code: 'invalid_credentials' } }, url)
    t.match(refused.headers['www-authenticate'], /^Bearer realm="guardcell".*, Basic realm="guardcell", charset="UTF-8"$/)
    for (const authorization of ['Basic', 'Basic ', 'Basic %%%', `Basic ${Buffer.from('ada').toString('base64')}`, `Basic ${Buffer.from(':x').toString('base64')}`, `Basic ${Buffer.from('ada:').toString('base64')}`, `Basic ${Buffer.from('ada:a\nb').toString('base64')}`, `Basic ${Buffer.from([97, 58, 0xff, 0xfe]).toString('base64')}`]) {
      t.match(await me(running, { authorization }, url), { status: 401, body: { code: 'authentication_required' } }, `${url} ${authorization}`)
    }
  }
  t.match((await call('GET', '/v1/users/me')).headers['www-authenticate'], 'Basic')
  t.equal((await me(running, basic('ada', ADA.password), '/v1/scans')).status, 200, 'a guest with a good password is a user')
  t.notMatch((await call('POST', '/v1/auth/login', { body: { username: 'ada', password: 'wrong' } })).headers['www-authenticate'], 'Basic', 'a login form is not asked for what it has just sent')
})

t.test('where a session is needed there is none, and that is said', async t => {
  const headers = basic('ada', ADA.password)
  t.match(await call('POST', '/v1/auth/reauthenticate', { headers, body: { password: ADA.password } }), { status: 403, body: { code: 'session_required' } })
  t.match(await call('POST', '/logout', { headers }), { status: 403, body: { code: 'session_required' } })
  t.match(await call('POST', '/v1/auth/logout', { headers }), { status: 401, body: { code: 'authentication_required' } })

  const { session_id: session } = await login('ada', ADA.password)
  const listed = await me(running, headers, '/v1/sessions')
  t.match(listed, { status: 200, body: { items: [{ id: session, current: false }] } })
  t.equal((await call('DELETE', '/v1/sessions?which=others', { headers })).status, 204)
  t.strictSame((await me(running, headers, '/v1/sessions')).body.items, [], 'all are others')
  t.equal((await call('POST', '/v1/api-tokens', { headers, body: { name: 'camera', datasets: { '*': ['read'] } } })).status, 201)
})

t.test('it is described, and vouched for', async t => {
  const headers = basic('ada', ADA.password)
  const { body } = await me(running, headers, '/v1/auth/token')
  t.match(body, { kind: 'basic', user: { id: ada.id, username: 'ada' }, session: null, expires_at: null, fresh: true, datasets: null, meta: null })
  t.equal(body.auth_time, body.issued_at)
  t.match(await me(running, headers, '/v1/auth/verify?scope=profile'), { status: 204, headers: { 'x-auth-user': 'ada', 'x-auth-session': '' } })
  t.equal((await me(running, headers, '/v1/auth/verify?scope=users')).status, 403)
})

t.test('a page of another site cannot act with what the browser keeps', async t => {
  const headers = basic('ada', ADA.password)
  const patch = (more: Record<string, string>) => call('PATCH', '/v1/users/me', { headers: { ...headers, ...more }, body: { fullname: 'Ada' } })
  for (const foreign of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }]) t.match(await patch(foreign), { status: 403, body: { code: 'csrf_failed' } }, JSON.stringify(foreign))
  for (const own of [{}, { origin: 'http://localhost:80' }, { 'sec-fetch-site': 'same-origin' }] as Array<Record<string, string>>) t.equal((await patch(own.origin ? { origin: 'http://localhost' } : own)).status, 200, JSON.stringify(own))
})

t.test('guessing is slowed down as at the login', async t => {
  const running = await start(t, { BASIC_AUTH: 'on', RATE_LIMIT: 'on' })
  await running.createUser('ada')
  for (let failure = 1; failure <= 5; failure++) t.equal((await me(running, basic('ada', 'wrong'))).status, 401, `failure ${failure}`)
  t.match(await me(running, basic('ada')), { status: 429, body: { code: 'too_many_attempts' } })
  t.match(await running.call('POST', '/v1/auth/login', { body: { username: 'ada', password: PASSWORD } }), { status: 429 }, 'one count for both')
  running.clock.advance(60)
  t.equal((await me(running, basic('ada'))).status, 200)
})

t.test('without BASIC_AUTH nothing of it is there', async t => {
  const running = await start(t)
  const refused = await me(running, basic('admin'))
  t.match(refused, { status: 401, body: { code: 'authentication_required' } })
  t.notMatch(refused.headers['www-authenticate'], 'Basic')
})

t.test('the OpenAPI document says so', async t => {
  const { body } = await call('GET', '/openapi.json')
  t.match(body.components.securitySchemes, { basicAuth: { type: 'http', scheme: 'basic' } })
  t.ok(body.paths['/v1/users/me'].get.security.some((one: object) => 'basicAuth' in one))
  t.notOk(JSON.stringify(body.paths['/oauth/token']).includes('basicAuth'))
})
