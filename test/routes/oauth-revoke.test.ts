import type { Redis } from 'ioredis'
import t from 'tap'
import { claimsIn, PASSWORD, start, type Running } from '../support/app.js'
import { basic, portal, robot, startOAuth } from '../support/oauth.js'

const revoke = (call: Running['call'], parameters: Record<string, string>) =>
  call('POST', '/oauth/revoke', { body: new URLSearchParams(parameters).toString() })

for (const kind of ['refresh_token', 'access_token'] as const) {
  for (const hint of [undefined, 'refresh_token', 'access_token', 'saml2_assertion']) {
    t.test(`revoking ${kind === 'access_token' ? 'an access' : 'a refresh'} token ends its session with ${hint === undefined ? 'no hint' : `the hint ${hint}`}`, async t => {
      const { call, login, refresh } = await start(t)
      const [ended, other] = [await login('admin'), await login('admin')]
      const answer = await revoke(call, { token: ended[kind], ...(hint === undefined ? {} : { token_type_hint: hint }) })
      t.equal(answer.status, 200)
      t.match(await refresh(ended.refresh_token), { status: 401, body: { code: 'session_ended' } })
      t.match(await call('GET', '/v1/users/me', { token: ended.access_token }), { status: 401, body: { code: 'session_ended' } })
      t.equal((await call('GET', '/v1/users/me', { token: other.access_token })).status, 200, 'and no other')
      t.equal((await revoke(call, { token: ended[kind] })).status, 200, 'once more is no error')
    })
  }
}

t.test('a token that is not known is as good as revoked', async t => {
  const { call, login } = await start(t)
  const pair = await login('admin')
  const unsigned = pair.refresh_token.replace(/[^.]*$/, '')
  for (const token of ['unknown', unsigned, `${pair.access_token}x`, 'a.b.c', 'ü', 'x'.repeat(20_000)]) {
    t.equal((await revoke(call, { token })).status, 200, token.slice(0, 20))
  }
  t.equal((await call('GET', '/v1/users/me', { token: pair.access_token })).status, 200, 'and nothing has ended')
})

t.test('a refresh token that was spent still ends its session', async t => {
  const { call, login, refresh } = await start(t)
  const pair = await login('admin')
  const successor = (await refresh(pair.refresh_token)).body
  t.equal((await revoke(call, { token: pair.refresh_token })).status, 200)
  t.equal((await call('GET', '/v1/users/me', { token: successor.access_token })).status, 401)
})

t.test('a revocation that names no token, or two, is an invalid_request', async t => {
  const { call, login } = await start(t)
  const { access_token: token } = await login('admin')
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  for (const body of ['', 'token=', 'token_type_hint=access_token', `token=${token}&token=${token}`, `token=${token}&token_type_hint=access_token&token_type_hint=refresh_token`]) {
    const { status, headers, body: error } = await call('POST', '/oauth/revoke', { ...(body === '' ? {} : { body }), headers: type })
    t.match({ status, error }, { status: 400, error: { error: 'invalid_request' } }, body.replaceAll(token, '...'))
    t.strictSame(Object.keys(error).sort(), ['error', 'error_description'])
    t.match(headers['content-type'], /^application\/json/)
  }
  t.equal((await call('GET', '/v1/users/me', { token })).status, 200)
})

t.test('only forms are read, and only bodies', async t => {
  const { call, login } = await start(t)
  const { access_token: token } = await login('admin')
  t.match(await call('POST', '/oauth/revoke', { body: { token } }), { status: 415, body: { error: 'invalid_request' } })
  t.match(await call('POST', `/oauth/revoke?token=${token}`, { body: 'unknown=1' }), { status: 400, body: { error: 'invalid_request' } })
  t.equal((await call('GET', '/v1/users/me', { token })).status, 200)
})

t.test('a client that is not known revokes nothing', async t => {
  const { call, login } = await start(t)
  const { access_token: token } = await login('admin')
  t.match(await revoke(call, { token, client_id: 'stranger' }), { status: 401, body: { error: 'invalid_client' } })
  t.equal((await call('GET', '/v1/users/me', { token })).status, 200)
  t.equal((await revoke(call, { token, client_id: 'guardcell' })).status, 200)
  t.equal((await call('GET', '/v1/users/me', { token })).status, 401)
})

t.test('what belongs to a confidential client is for that client to revoke', async t => {
  const { token, post, call } = await startOAuth(t)
  const { body: pair } = await token({ grant_type: 'password', username: 'ada', password: PASSWORD }, basic(portal.id, portal.secret))
  for (const presented of [pair.access_token, pair.refresh_token]) {
    t.match(await post('revoke', { token: presented }), { status: 401, body: { error: 'invalid_client' } }, 'nobody')
    t.match(await post('revoke', { token: presented, client_id: portal.id }), { status: 401, body: { error: 'invalid_client' } }, 'in its name')
    t.match(await post('revoke', { token: presented }, basic(robot.id, robot.secret)), { status: 400, body: { error: 'unauthorized_client' } }, 'another client')
  }
  t.equal((await call('GET', '/v1/users/me', { token: pair.access_token })).status, 200)
  t.equal((await post('revoke', { token: 'unknown' }, basic(robot.id, robot.secret))).status, 200, 'what nobody knows is nobody\'s')
  t.match(await post('revoke', { token: 'unknown' }, basic(robot.id, portal.secret)), { status: 401, body: { error: 'invalid_client' } })
  t.match(await post('revoke', { token: pair.refresh_token }, basic(portal.id, portal.secret)), { status: 200 })
  t.equal((await call('GET', '/v1/users/me', { token: pair.access_token })).status, 401)
})

t.test('a confidential client may end a token of a public one, like everybody who has it', async t => {
  const { login, post, call } = await startOAuth(t)
  const { access_token: access, refresh_token: refresh } = await login('ada')
  t.equal((await post('revoke', { token: refresh }, basic(robot.id, robot.secret))).status, 200)
  t.equal((await call('GET', '/v1/users/me', { token: access })).status, 401)
})

for (const kind of ['an API token', 'a registered client']) {
  t.test(`an access token of ${kind} ends alone, and only by its client`, async t => {
    const { token, post, call, apiToken } = await startOAuth(t)
    const machine = await apiToken()
    const client = kind === 'an API token' ? { id: machine.id, secret: machine.token } : robot
    const issue = async (): Promise<string> => (await token({ grant_type: 'client_credentials' }, basic(client.id, client.secret))).body.access_token
    const [first, second] = [await issue(), await issue()]
    t.match(await post('revoke', { token: first }), { status: 401, body: { error: 'invalid_client' } })
    t.match(await post('revoke', { token: first }, basic(portal.id, portal.secret)), { status: 400, body: { error: 'unauthorized_client' } })
    t.equal((await call('GET', '/v1/scans', { token: first })).status, 200)
    t.equal((await post('revoke', { token: first }, basic(client.id, client.secret))).status, 200)
    t.match(await call('GET', '/v1/scans', { token: first }), { status: 401, body: { code: 'access_token_revoked' } })
    t.equal((await call('GET', '/v1/scans', { token: second })).status, 200)
    t.equal((await call('GET', '/v1/scans', { token: machine.token })).status, 200, 'nor is the API token withdrawn')
  })
}

t.test('a machine that gets and ends tokens without end pushes no other event out of the log of its owner', async t => {
  const { app, token, post, apiToken } = await startOAuth(t)
  const machine = await apiToken()
  const own = basic(machine.id, machine.token)
  const { sub } = claimsIn(machine.token)
  const events = async (): Promise<unknown[]> => await (app.redis as Redis).xrange(`${app.names.user(sub)}:audit`, '-', '+')
  const before = await events()
  for (let i = 0; i < 3; i++) t.equal((await post('revoke', { token: (await token({ grant_type: 'client_credentials' }, own)).body.access_token }, own)).status, 200)
  t.strictSame(await events(), before)
})

t.test('an API token is its own credential, and is withdrawn', async t => {
  const { post, call, apiToken } = await startOAuth(t)
  const [one, other] = [await apiToken(), await apiToken()]
  t.equal((await post('revoke', { token: one.token })).status, 200)
  t.match(await call('GET', '/v1/scans', { token: one.token }), { status: 401, body: { code: 'api_token_revoked' } })
  t.equal((await post('revoke', { token: one.token })).status, 200, 'once more')
  t.equal((await post('revoke', { token: other.token }, basic(other.id, other.token))).status, 200)
  t.equal((await call('GET', '/v1/scans', { token: other.token })).status, 401)
})

t.test('an end of a client\'s access token that no replica of the store has is not taken for done', async t => {
  const { token, post } = await startOAuth(t, { REDIS_WAIT_REPLICAS: '1' })
  const { body } = await token({ grant_type: 'client_credentials' }, basic(robot.id, robot.secret))
  t.match(await post('revoke', { token: body.access_token }, basic(robot.id, robot.secret)), { status: 503, body: { error: 'temporarily_unavailable' } })
})
