import t from 'tap'
import { inBothFormats, PASSWORD, start } from '../support/app.js'

t.test('a route that does not say who may call it stops the boot', async t => {
  const silent = start(t, {}, app => { app.get('/silent', async () => 'here I am') })
  await t.rejects(silent, /\/silent/)
  const { call } = await start(t, {}, app => { app.get('/open', { config: { auth: 'public' } }, async () => 'here I am') })
  t.match(await call('GET', '/open'), { status: 200, body: 'here I am' })
})

t.test('a protected route asks for an access token, and names no fault where none was sent', async t => {
  const { call } = await start(t)
  const refused = await call('GET', '/v1/users/me')
  t.match(refused, { status: 401, body: { code: 'authentication_required' } })
  t.match(refused.headers['www-authenticate'], /^Bearer\b/)
  t.notMatch(refused.headers['www-authenticate'], /error/, 'RFC 6750 section 3.1')
})

inBothFormats(t, 'bearer tokens', async (t, env) => {
  const { call, login, refresh, createUser, clock } = await start(t, env)

  await t.test('scheme names are case-insensitive, and no other scheme passes for this one', async t => {
    const { access_token: token } = await login('admin')
    const me = (authorization: string) => call('GET', '/v1/users/me', { headers: { authorization } })
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) t.equal((await me(`${scheme} ${token}`)).status, 200, scheme)
    const basic = Buffer.from(`admin:${PASSWORD}`).toString('base64')
    for (const authorization of ['Bearer', 'Bearer ', token, `Token ${token}`, `Basic ${token}`, `Basic ${basic}`, `Bearerish ${token}`, `Bearer ${token} ${token}`, `Bearer, ${token}`]) {
      const refused = await me(authorization)
      t.equal(refused.status, 401, authorization.replaceAll(token, '...'))
      t.match(refused.headers['www-authenticate'], /^Bearer\b/)
    }
  })

  await t.test('a token in the URL or in a body is no credential', async t => {
    const { access_token: token } = await login('admin')
    for (const name of ['access_token', 'token', 'authorization']) t.equal((await call('GET', `/v1/users/me?${name}=${token}`)).status, 401, name)
    t.equal((await call('PATCH', '/v1/users/me', { body: { fullname: 'Boss', access_token: token } })).status, 401)
  })

  await t.test('each kind of token is accepted where that kind belongs, and nowhere else', async t => {
    const pair = await login('admin')
    const bearer = await call('GET', '/v1/users/me', { token: pair.refresh_token })
    t.match(bearer, { status: 401, body: { code: 'access_token_invalid' } })
    t.match(bearer.headers['www-authenticate'], /error="invalid_token"/)
    t.match(await refresh(pair.access_token), { status: 401, body: { code: 'refresh_token_invalid' } })
    t.equal((await call('GET', '/v1/users/me', { token: pair.access_token })).status, 200, 'neither attempt has ended the session')
    t.equal((await refresh(pair.refresh_token)).status, 200)
  })

  await t.test('a token without the scope of a noun is told which one it takes', async t => {
    const ada = await createUser('ada')
    const reader = (await login('ada')).access_token
    const narrow = (await login('admin', PASSWORD, { scope: 'guardcell:superuser' })).access_token
    for (const token of [reader, narrow]) {
      for (const [method, url] of [['GET', '/v1/users'], ['GET', `/v1/users/${ada.id}`], ['DELETE', `/v1/users/${ada.id}`], ['DELETE', `/v1/users/${ada.id}/sessions`]] as const) {
        const refused = await call(method, url, { token })
        t.match(refused, { status: 403, body: { code: 'insufficient_scope' } }, `${method} ${url}`)
        t.match(refused.headers['www-authenticate'], /^Bearer .*error="insufficient_scope"/)
        t.match(refused.headers['www-authenticate'], /scope="users"/)
      }
    }
    t.equal((await call('GET', '/v1/users/me', { token: reader })).status, 200)
  })

  await t.test('an access token lapses after SESSION_TIMEOUT and the leeway', async t => {
    const { access_token: token } = await login('admin')
    clock.advance(899)
    t.equal((await call('GET', '/v1/users/me', { token })).status, 200)
    clock.advance(5)
    const refused = await call('GET', '/v1/users/me', { token })
    t.match(refused, { status: 401, body: { code: 'access_token_expired' } })
    t.match(refused.headers['www-authenticate'], /error="invalid_token"/)
  })
})

t.test('who may not call a route is refused before the body is looked at', async t => {
  const { call, login, createUser } = await start(t)
  await createUser('ada')
  const { access_token: token } = await login('ada')
  const headers = { 'content-type': 'application/json' }
  t.equal((await call('POST', '/v1/users', { headers, body: '{not json' })).status, 401)
  t.equal((await call('POST', '/v1/users', { headers, body: '{not json', token })).status, 403)
})

inBothFormats(t, 'JWT_LEEWAY says how far clocks may differ', async (t, env) => {
  const { call, login, clock } = await start(t, { ...env, JWT_LEEWAY: '30', SESSION_TIMEOUT: '60' })
  const { access_token: token } = await login('admin')
  clock.advance(85)
  t.equal((await call('GET', '/v1/users/me', { token })).status, 200)
  clock.advance(7)
  t.match(await call('GET', '/v1/users/me', { token }), { status: 401, body: { code: 'access_token_expired' } })
})

t.test('credentials change nothing where none are needed', async t => {
  const { call, login, clock } = await start(t)
  const pair = await login('admin')
  clock.advance(1000)
  const headers = [`Bearer ${pair.access_token}`, 'Bearer nonsense', 'Basic nonsense', 'Digest', `Bearer ${pair.refresh_token}`]
  for (const authorization of headers) {
    const put = { headers: { authorization } }
    for (const url of ['/health/live', '/health/ready', '/openapi.json', '/docs/']) t.equal((await call('GET', url, put)).status, 200, `${url} ${authorization.slice(0, 15)}`)
    t.equal((await call('POST', '/v1/auth/login', { ...put, body: { username: 'admin', password: PASSWORD } })).status, 200)
  }
  t.equal((await call('POST', '/v1/auth/refresh', { token: pair.access_token, body: { refresh_token: pair.refresh_token } })).status, 200, 'a client may leave its expired token on the call that renews it')
})
