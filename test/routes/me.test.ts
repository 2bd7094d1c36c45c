import t from 'tap'
import { PASSWORD, start } from '../support/app.js'

t.test('the profile shows the own account, and nothing secret of it', async t => {
  const { call, login, createUser } = await start(t)
  const ada = await createUser('ada', { fullname: 'Ada Lovelace', email: 'ada@lab.example', roles: ['contributor'], verified: true })
  const { access_token: token } = await login('ada')
  const { status, body } = await call('GET', '/v1/users/me', { token })
  t.equal(status, 200)
  t.strictSame(Object.keys(body).sort(), ['active', 'created', 'email', 'fullname', 'groups', 'id', 'last_login', 'roles', 'username', 'verified'])
  t.match(body, { id: ada.id, username: 'ada', fullname: 'Ada Lovelace', email: 'ada@lab.example', active: true, verified: true })
  t.strictSame(body.roles, ['contributor'])
  t.strictSame(body.groups, [])
  t.ok(Math.abs(Date.parse(body.last_login) - Date.now()) < 60_000)
})

t.test('an account that never signed in and has no e-mail address says null, not nothing', async t => {
  const { call, login, createUser } = await start(t)
  const ada = await createUser('ada')
  const { access_token: token } = await login('admin')
  const { body } = await call('GET', `/v1/users/${ada.id}`, { token })
  t.equal(body.last_login, null)
  t.equal(body.email, null)
})

t.test('full name and e-mail address can be changed, each by itself', async t => {
  const { call, login, createUser } = await start(t)
  await createUser('ada', { email: 'ada@lab.example' })
  const { access_token: token } = await login('ada')
  t.match(await call('PATCH', '/v1/users/me', { token, body: { fullname: 'Countess of Lovelace' } }), { status: 200, body: { username: 'ada', fullname: 'Countess of Lovelace', email: 'ada@lab.example' } })
  t.match(await call('PATCH', '/v1/users/me', { token, body: { email: 'countess@lab.example' } }), { status: 200, body: { fullname: 'Countess of Lovelace', email: 'countess@lab.example' } })
  const removed = await call('PATCH', '/v1/users/me', { token, body: { email: null } })
  t.equal(removed.status, 200)
  t.equal(removed.body.email, null)
  const { body } = await call('GET', '/v1/users/me', { token })
  t.equal(body.fullname, 'Countess of Lovelace')
  t.equal(body.email, null)
})

t.test('another e-mail address has not been verified', async t => {
  const { call, login, createUser } = await start(t)
  await createUser('ada', { email: 'ada@lab.example', verified: true })
  const { access_token: token } = await login('ada')
  t.equal((await call('PATCH', '/v1/users/me', { token, body: { fullname: 'Ada' } })).body.verified, true)
  t.equal((await call('PATCH', '/v1/users/me', { token, body: { email: 'somebody@else.example' } })).body.verified, false)
  t.notOk((await login('ada')).scope.split(' ').includes('guardcell:verified'))
})

t.test('nobody promotes themselves', async t => {
  const { call, login, createUser } = await start(t)
  await createUser('ada')
  const { access_token: token } = await login('ada')
  const before = (await call('GET', '/v1/users/me', { token })).body
  const members = { roles: ['admin'], verified: true, active: false, username: 'admin', id: 'x', groups: ['wheel'], password: 'another password', created: '2000-01-01T00:00:00Z' }
  for (const [member, value] of Object.entries(members)) {
    const refused = await call('PATCH', '/v1/users/me', { token, body: { fullname: 'Countess', [member]: value } })
    t.match(refused, { status: 400, body: { code: 'invalid_request' } }, member)
    t.equal(refused.body.errors[0].path, `/${member}`)
  }
  t.strictSame((await call('GET', '/v1/users/me', { token })).body, before)
})

t.test('a profile is not changed to what it cannot be', async t => {
  const { call, login } = await start(t)
  const { access_token: token } = await login('admin')
  for (const body of [{ email: 'not an address' }, { email: '' }, { email: 5 }, { fullname: null }, { fullname: 7 }, { fullname: 'x'.repeat(10_000) }, 'text']) {
    const refused = await call('PATCH', '/v1/users/me', { token, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
    t.match(refused, { status: 400, body: { code: 'invalid_request' } }, JSON.stringify(body).slice(0, 40))
  }
})

t.test('the profile takes an access token with its scope', async t => {
  const { call, login } = await start(t)
  const { access_token: token } = await login('admin', PASSWORD, { scope: 'sessions users' })
  for (const [method, body] of [['GET', undefined], ['PATCH', { fullname: 'Boss' }]] as const) {
    t.match(await call(method, '/v1/users/me', body ? { token, body } : { token }), { status: 403, body: { code: 'insufficient_scope' } }, method)
    t.match(await call(method, '/v1/users/me', body ? { body } : {}), { status: 401, body: { code: 'authentication_required' } }, method)
  }
})
