import t from 'tap'
import { PASSWORD, start } from '../../support/app.js'
import { startLab } from '../../support/datasets.js'
import { isSlowedDown } from '../../support/limits.js'

t.test('the root says what there is, and nothing that is not', async t => {
  const { app, call } = await start(t)
  const { status, body } = await call('GET', '/')
  t.equal(status, 200)
  t.strictSame(Object.keys(body), ['name', 'description', 'plantdb.commons', 'plantdb.server', 'base endpoints', 'authentication endpoints', 'scans endpoints', 'filesets endpoints', 'files endpoints', 'assets endpoints'])
  t.equal(body.name, 'PlantDB REST API')
  const urls = new Set(app.routeRules().map(({ url }) => url.replaceAll(/:\w+|\*/g, '<>')))
  const named = Object.entries<any>(body).filter(([key]) => key.endsWith('endpoints')).flatMap(([, paths]) => Object.keys(paths as object))
  t.strictSame(named.filter(path => !urls.has(path.replaceAll(/<\w+>/g, '<>'))), [])
})

t.test('the health names no path, and counts what whoever asks may read', async t => {
  const { call, createScan, root } = await startLab(t, { GUEST_ACCESS: 'read' })
  await createScan('open')
  await createScan('closed', { visibility: 'private' })
  const { status, body } = await call('GET', '/health', { token: 'credentials are not looked at' })
  t.equal(status, 200)
  t.strictSame(body, { status: 'healthy', message: 'API is running correctly', database: { location: 'datasets', scan_count: 1 } })
  t.notMatch(JSON.stringify(body), root)
})

t.test('a session from beginning to end', async t => {
  const { call, createUser, clock } = await start(t)
  await createUser('ada', { fullname: 'Ada Lovelace' })
  const user = { username: 'ada', fullname: 'Ada Lovelace' }
  const login = await call('POST', '/login', { body: { username: 'Ada', password: PASSWORD, remember: true } })
  t.equal(login.status, 200)
  t.equal(login.headers['cache-control'], 'no-store')
  t.strictSame(login.body, { message: 'Login successful', user, access_token: login.body.access_token, refresh_token: login.body.refresh_token })

  const valid = await call('POST', '/token-validation', { token: login.body.access_token })
  t.strictSame([valid.status, valid.body], [200, { message: 'Token validation successful', user }])
  t.equal((await call('GET', '/v1/users/me', { token: login.body.access_token })).status, 200, 'it is a session like others')

  clock.advance(1_000)
  t.match(await call('POST', '/token-validation', { token: login.body.access_token }), { status: 401, body: { code: 'access_token_expired', message: /\w/ } })
  t.match(await call('POST', '/logout', { token: login.body.access_token }), { status: 401 })
  const fresh = await call('POST', '/token-refresh', { body: { refresh_token: login.body.refresh_token } })
  t.equal(fresh.status, 200)
  t.strictSame(Object.keys(fresh.body), ['message', 'access_token', 'refresh_token'])
  t.equal(fresh.body.message, 'Token refreshed successfully')
  for (const path of ['/logout', '/token-validation']) {
    t.match(await call('POST', path, { token: fresh.body.refresh_token }), { status: 401, body: { code: 'access_token_invalid' } }, 'a refresh token is no bearer')
  }

  const out = await call('POST', '/logout', { token: fresh.body.access_token })
  t.strictSame([out.status, out.body], [200, { message: 'Logout successful from ada' }])
  t.match(await call('POST', '/token-validation', { token: fresh.body.access_token }), { status: 401 })
  t.match(await call('POST', '/token-refresh', { body: { refresh_token: fresh.body.refresh_token } }), { status: 401 })
})

t.test('signing in is refused as it is elsewhere', async t => {
  const running = await start(t, { RATE_LIMIT: 'on', MAX_SESSION: '1', MAX_SESSION_POLICY: 'reject' })
  const { call, createUser, refresh } = running
  await createUser('ada')
  const login = (body: unknown) => call('POST', '/login', { body })
  const { body: pair } = await login({ username: 'ada', password: PASSWORD })
  t.match(await login({ username: 'ada', password: PASSWORD }), { status: 409, body: { code: 'session_limit_reached', message: /\w/ } })
  for (const body of [{}, { username: 'ada' }, { username: 'ada', password: 7 }, [], undefined]) t.equal((await login(body)).status, 400, JSON.stringify(body))
  for (const body of [{}, { refresh_token: '' }, undefined]) t.equal((await call('POST', '/token-refresh', { body })).status, 400)
  t.match(await call('POST', '/token-refresh', { body: { refresh_token: pair.access_token } }), { status: 401, body: { code: 'refresh_token_invalid' } })
  const rotated = await refresh(pair.refresh_token)
  t.equal(rotated.status, 200)
  t.match(await call('POST', '/token-refresh', { body: { refresh_token: pair.refresh_token } }), { status: 401, body: { code: 'refresh_token_reused' } })
  const began = performance.now()
  for (let i = 0; i < 5; i++) t.match(await login({ username: 'ada', password: 'wrong' }), { status: 401, body: { code: 'invalid_credentials', message: /\w/ } })
  await isSlowedDown(t, running, 'too_many_attempts', () => login({ username: 'ada', password: 'wrong' }), { seconds: 1, began })
})

t.test('admins register readers', async t => {
  const { call, join, admin } = await startLab(t)
  const body = { username: 'Grace', fullname: 'Grace Hopper', password: PASSWORD, roles: ['admin'] }
  const registered = await call('POST', '/register', { token: admin, body })
  t.strictSame([registered.status, registered.body], [201, { message: 'User successfully created' }])
  const { body: login } = await call('POST', '/login', { body: { username: 'grace', password: PASSWORD } })
  t.strictSame((await call('GET', '/v1/users/me', { token: login.access_token })).body.roles, ['reader'])
  t.match(await call('POST', '/register', { token: admin, body }), { status: 409, body: { code: 'username_taken' } })
  t.match(await call('POST', '/register', { token: await join('ada'), body: { ...body, username: 'other' } }), { status: 403, body: { code: 'insufficient_scope' } })
  t.match(await call('POST', '/register', { body }), { status: 401 })
  t.match(await call('POST', '/register', { token: admin, body: { ...body, username: 'short', password: 'x' } }), { status: 422 })
  for (const missing of ['username', 'fullname', 'password']) t.equal((await call('POST', '/register', { token: admin, body: { ...body, [missing]: undefined } })).status, 400, missing)
  t.equal((await call('POST', '/register', { token: admin, body: { ...body, username: '../x' } })).status, 400)
})

t.test('whether a name exists is told a few times, or not at all', async t => {
  const { call, clock } = await start(t, { RATE_LIMIT: 'on' })
  const known = await call('GET', '/login?username=admin')
  t.strictSame([known.status, known.body], [200, { username: 'admin', exists: true }])
  t.strictSame((await call('GET', '/login?username=nobody')).body, { username: 'nobody', exists: false })
  t.match(await call('GET', '/login'), { status: 400, body: { message: /\w/ } })
  const answers = await Promise.all(Array.from({ length: 130 }, () => call('GET', '/login?username=admin')))
  t.ok(answers.some(({ status }) => status === 200))
  const refused = answers.find(({ status }) => status === 429)
  t.match(refused?.body, { code: 'too_many_requests', message: /\w/ })
  t.match(refused?.headers['retry-after'], /^[1-9]\d?$/)
  clock.advance(60)
  t.equal((await call('GET', '/login?username=admin')).status, 200, 'the next minute begins anew')

  const quiet = await start(t, { PLANTDB_USERNAME_CHECK: 'off' })
  t.equal((await quiet.call('GET', '/login?username=admin')).status, 405)
  t.equal((await quiet.call('POST', '/login', { body: { username: 'admin', password: PASSWORD } })).status, 200)
})
