import t from 'tap'
import { claimsIn, inBothFormats, ownPrefix, start } from '../support/app.js'
import { basic, robot, startOAuth } from '../support/oauth.js'

const itself = { grant_type: 'client_credentials' }

inBothFormats(t, 'an API token gets an access token for its data sets and its scope', async (t, env) => {
  const { token, apiToken, call, login, clock } = await startOAuth(t, env)
  const { access_token: admin } = await login('admin')
  for (const id of ['cam_1', 'plant_1']) await call('POST', '/v1/scans', { token: admin, body: { id } })
  const machine = await apiToken()
  const { status, headers, body } = await token(itself, basic(machine.id, machine.token))
  t.equal(status, 200)
  t.match(headers, { 'cache-control': 'no-store', pragma: 'no-cache' })
  t.strictSame({ ...body, access_token: '' }, { access_token: '', token_type: 'Bearer', expires_in: 900, scope: 'datasets:read datasets:write', datasets: 'cam_*/read,write' }, 'no refresh token (RFC 6749 section 4.4.3)')

  const using = { token: body.access_token }
  t.strictSame((await call('GET', '/v1/scans', using)).body.items.map(({ id }: { id: string }) => id), ['cam_1'])
  t.equal((await call('PUT', '/v1/scans/cam_1/metadata', { ...using, body: { a: 1 } })).status, 200)
  t.equal((await call('GET', '/v1/scans/plant_1', using)).status, 404)
  t.match(await call('DELETE', '/v1/scans/cam_1', using), { status: 403, body: { code: 'insufficient_scope' } })
  t.match(await call('GET', '/v1/users/me', using), { status: 403, body: { code: 'api_token_not_accepted' } })
  t.match((await call('GET', '/v1/auth/token', using)).body, { kind: 'api', user: { username: 'ada' }, session: null, datasets: { 'cam_*': ['read', 'write'] }, scope: body.scope })
  t.match(await call('POST', '/v1/auth/logout', { ...using, body: {} }), { status: 403, body: { code: 'session_required' } })

  clock.advance(903)
  t.match(await call('GET', '/v1/scans', using), { status: 401, body: { code: 'access_token_expired' } })
  t.equal((await token(itself, basic(machine.id, machine.token))).status, 200)
})

t.test('it dies with its API token, and with the rights of the account', async t => {
  const { app, token, apiToken, call, login } = await startOAuth(t)
  const [machine, other] = [await apiToken(), await apiToken()]
  const issue = async ({ id, token: secret }: { id: string, token: string }): Promise<string> => (await token(itself, basic(id, secret))).body.access_token
  const [first, second] = [await issue(machine), await issue(other)]
  const { access_token: ofAda } = await login('ada')
  await call('DELETE', `/v1/api-tokens/${machine.id}`, { token: ofAda })
  t.match(await call('GET', '/v1/scans', { token: first }), { status: 401, body: { code: 'access_token_revoked' }, headers: { 'www-authenticate': /error="invalid_token"/ } })
  t.equal((await call('GET', '/v1/scans', { token: second })).status, 200)
  const { id } = (await call('GET', '/v1/users/me', { token: ofAda })).body
  await app.accounts.update(id, { active: false })
  t.match(await call('GET', '/v1/scans', { token: second }), { status: 401, body: { code: 'account_inactive' } })
})

t.test('it never outlives its API token', async t => {
  const { token, apiToken } = await startOAuth(t)
  const machine = await apiToken({ expires_in: 100 })
  const { body } = await token(itself, basic(machine.id, machine.token))
  t.ok(body.expires_in <= 100)
  t.equal(claimsIn(body.access_token).exp, claimsIn(machine.token).exp)
})

inBothFormats(t, 'a registered client acts as its account, with the scope of both', async (t, env) => {
  const { app, token, call } = await startOAuth(t, env)
  const { body } = await token(itself, basic(robot.id, robot.secret))
  t.strictSame({ ...body, access_token: '' }, { access_token: '', token_type: 'Bearer', expires_in: 900, scope: 'datasets:read datasets:write' }, 'not users: its account may not')
  const claims = app.codec.verify('access', body.access_token)
  t.match(claims, { client_id: robot.id, username: 'robot', type: 'access', gty: 'client_credentials' })
  for (const name of ['sid', 'gen', 'auth_time', 'datasets']) t.notOk(name in claims, name)

  const using = { token: body.access_token }
  t.equal((await call('GET', '/v1/scans', using)).status, 200)
  t.match(await call('GET', '/v1/auth/verify', using), { status: 204, headers: { 'x-auth-user': 'robot', 'x-auth-scopes': 'datasets:read datasets:write', 'x-auth-session': '' } })
  t.match((await call('GET', '/v1/auth/token', using)).body, { kind: 'api', user: { username: 'robot' }, datasets: null, meta: null })
  t.match(await call('GET', '/v1/users/me', using), { status: 403, body: { code: 'api_token_not_accepted' } })

  await app.accounts.update(claims.sub, { active: false })
  t.match(await call('GET', '/v1/scans', using), { status: 401, body: { code: 'account_inactive' } })
  t.match(await token(itself, basic(robot.id, robot.secret)), { status: 400, body: { error: 'unauthorized_client' } })
})

t.test('a client that is no longer registered has no tokens any more', async t => {
  const env = { REDIS_PREFIX: ownPrefix(), JWT_SECRET_KEY: `base64:${Buffer.alloc(64, 5).toString('base64')}` }
  const { token, call, apiToken } = await startOAuth(t, env)
  const [{ body: ofRobot }, machine] = [await token(itself, basic(robot.id, robot.secret)), await apiToken()]
  const { body: ofMachine } = await token(itself, basic(machine.id, machine.token))
  t.equal((await call('GET', '/v1/scans', { token: ofRobot.access_token })).status, 200)
  const without = await start(t, env)
  t.match(await without.call('GET', '/v1/scans', { token: ofRobot.access_token }), { status: 401, body: { code: 'access_token_revoked' } })
  t.equal((await without.call('GET', '/v1/scans', { token: ofMachine.access_token })).status, 200, 'an API token needs no registration')
})

t.test('scope narrows, and never widens', async t => {
  const { token, apiToken, call } = await startOAuth(t)
  const machine = await apiToken()
  const ask = (scope: string) => token({ ...itself, scope }, basic(machine.id, machine.token))
  const { body } = await ask('datasets:read')
  t.equal(body.scope, 'datasets:read')
  await call('POST', '/v1/scans', { token: body.access_token, body: { id: 'cam_9' } })
  t.match(await call('PUT', '/v1/scans/cam_9/metadata', { token: body.access_token, body: {} }), { status: 403, body: { code: 'insufficient_scope' } })
  for (const scope of ['datasets:delete', 'datasets:read datasets:delete', 'profile', 'users', 'no-such-scope']) {
    t.match(await ask(scope), { status: 400, body: { error: 'invalid_scope' }, headers: { 'cache-control': 'no-store' } }, scope)
  }
  t.match(await token({ ...itself, scope: 'users' }, basic(robot.id, robot.secret)), { status: 400, body: { error: 'invalid_scope' } }, 'what the client may and its account may not')
  t.match(await call('POST', '/oauth/token', { body: 'grant_type=client_credentials&scope=datasets:read&scope=datasets:read', headers: basic(machine.id, machine.token) }), { status: 400, body: { error: 'invalid_request' } }, 'twice')
})

t.test('asking for tokens counts among the calls of a client, as using them does', async t => {
  const { token, apiToken, call } = await startOAuth(t, { RATE_LIMIT: 'on', API_LIMIT: '4' })
  const [machine, other] = [await apiToken(), await apiToken()]
  const ask = (by: typeof machine) => token(itself, basic(by.id, by.token))
  const answers = [await ask(machine), await ask(machine), await ask(machine)]
  t.strictSame(answers.map(({ status }) => status), [200, 200, 200])
  t.equal((await call('GET', '/v1/scans', { token: answers[0]!.body.access_token })).status, 200)
  t.match(await ask(machine), { status: 429, body: { error: 'temporarily_unavailable' }, headers: { 'retry-after': /^[1-9]/, 'ratelimit-policy': '"api";q=4;w=60' } })
  t.equal((await ask(other)).status, 200, 'each by itself')
})

t.test('such a token is no refresh token, no secret of a client and no way to further tokens', async t => {
  const { token, apiToken, call } = await startOAuth(t)
  const machine = await apiToken()
  const { body: { access_token: access } } = await token(itself, basic(machine.id, machine.token))
  t.match(await token({ grant_type: 'refresh_token', refresh_token: access }), { status: 400, body: { error: 'invalid_grant' } })
  t.match(await token(itself, basic(machine.id, access)), { status: 401, body: { error: 'invalid_client' } })
  t.equal((await call('POST', '/v1/api-tokens', { token: access, body: { name: 'more', datasets: { '*': ['read'] } } })).status, 403)
})
