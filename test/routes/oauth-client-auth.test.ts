import t, { type Test } from 'tap'
import { newKey, ownPrefix, PASSWORD, start, type Answer, type Running } from '../support/app.js'
import { basic, form, newClient, portal, robot, startOAuth, type TestClient } from '../support/oauth.js'
import { newSecret, withUser } from '../support/pairing.js'

const asAda = { grant_type: 'password', username: 'ada', password: PASSWORD }
const itself = { grant_type: 'client_credentials' }
const withSecret = ({ id, secret }: { id: string, secret: string }) => ({ client_id: id, client_secret: secret })

const isRefused = (t: Test, { status, headers, body }: Answer, error: string, name: string): void => {
  t.strictSame([status, body.error, Object.keys(body).sort()], [error === 'invalid_client' ? 401 : 400, error, ['error', 'error_description']], name)
  t.equal(headers['www-authenticate'], error === 'invalid_client' ? 'Basic realm="guardcell"' : undefined, name)
  t.equal(headers['cache-control'], 'no-store', name)
}

t.test('a confidential client shows its secret in the header or in the form', async t => {
  const { token, apiToken } = await startOAuth(t)
  const machine = await apiToken()
  for (const client of [robot, { id: machine.id, secret: machine.token }]) {
    t.equal((await token(itself, basic(client.id, client.secret))).status, 200, 'every sign encoded (RFC 6749 section 2.3.1)')
    t.equal((await token(itself, { authorization: `bAsIC ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}` })).status, 200, 'as it is, and the scheme in any case')
    t.equal((await token({ ...itself, ...withSecret(client) })).status, 200)
    t.equal((await token({ ...itself, client_id: client.id }, basic(client.id, client.secret))).status, 200, 'and may name itself in the form as well')
  }
})

t.test('who does not show that it is the client is refused, whatever is wrong', async t => {
  const { token, apiToken, call, login } = await startOAuth(t)
  const [machine, other] = [await apiToken(), await apiToken()]
  const { access_token: access } = await login('ada')
  const refused: Record<string, Promise<Answer>> = {
    'no secret': token({ ...itself, client_id: robot.id }),
    'an empty one': token({ ...itself, client_id: robot.id, client_secret: '' }),
    'that of another client': token({ ...itself, client_id: robot.id, client_secret: portal.secret }),
    'one that nobody has': token(itself, basic(robot.id, newClient('x', {}).secret)),
    'a client that there is not': token(itself, basic('stranger', robot.secret)),
    'no id': token(itself, basic('', robot.secret)),
    'a public client with a secret': token({ ...asAda, client_id: 'notebook', client_secret: robot.secret }),
    'our own with a secret': token({ ...asAda, client_secret: robot.secret }),
    'an API token under the id of another': token(itself, basic(other.id, machine.token)),
    'an API token without its id': token({ ...itself, client_secret: machine.token }),
    'an access token': token(itself, basic(machine.id, access)),
    'a header that is no base64': token(itself, { authorization: 'Basic %%%' }),
    'a header without a colon': token(itself, { authorization: `Basic ${Buffer.from(robot.id).toString('base64')}` }),
    'a header with a broken encoding': token(itself, { authorization: `Basic ${Buffer.from(`${robot.id}:%E0%A4%A`).toString('base64')}` }),
    'an empty header': token({ ...itself, ...withSecret(robot) }, { authorization: 'Basic' })
  }
  for (const [name, answer] of Object.entries(refused)) isRefused(t, await answer, 'invalid_client', name)

  await call('DELETE', `/v1/api-tokens/${machine.id}`, { token: access })
  isRefused(t, await token(itself, basic(machine.id, machine.token)), 'invalid_client', 'an API token that was withdrawn')
})

t.test('the audit log names the client of a sign-in and of a refusal, and nobody who is no client', async t => {
  const { app, token, call, login, post } = await startOAuth(t)
  const { body: pair } = await token(asAda, basic(portal.id, portal.secret))
  await token(itself, basic(robot.id, portal.secret))
  await token(itself, basic('a-stranger', portal.secret))
  await token(asAda, basic(robot.id, robot.secret))
  await post('revoke', { token: pair.access_token }, basic(robot.id, robot.secret))

  const { access_token: admin } = await login('admin')
  const detailsOf = async (query: string): Promise<unknown[]> =>
    (await call('GET', `/v1/audit?${query}`, { token: admin })).body.items.map(({ details }: { details: unknown }) => details)
  const { sub } = app.codec.verify('access', pair.access_token)
  t.match(await detailsOf(`user=${sub}&action=login`), [{ client: portal.id }, { client: 'guardcell' }])
  t.match(await detailsOf('user=anonymous&action=access_denied'), [{ code: 'unauthorized_client', client: robot.id, route: '/oauth/revoke' }, { code: 'unauthorized_client', client: robot.id, route: '/oauth/token' }])
  const [stranger, wrong, ...more] = await detailsOf('user=anonymous&action=credentials_refused')
  t.match(wrong, { code: 'invalid_client', client: robot.id })
  t.match(stranger, { code: 'invalid_client' })
  t.notMatch(JSON.stringify(stranger), /stranger|"client"/)
  t.strictSame(more, [])
})

t.test('two ways at once are an invalid request, even where both are right', async t => {
  const { token } = await startOAuth(t)
  isRefused(t, await token({ ...itself, ...withSecret(robot) }, basic(robot.id, robot.secret)), 'invalid_request', 'two secrets')
  isRefused(t, await token({ ...itself, client_id: portal.id }, basic(robot.id, robot.secret)), 'invalid_request', 'two names')
})

t.test('a client has the grants that it was registered for, and no other', async t => {
  const { token, apiToken, post } = await startOAuth(t)
  const machine = await apiToken()
  isRefused(t, await token(itself), 'unauthorized_client', 'our own client is nobody by itself')
  isRefused(t, await token(itself, basic(portal.id, portal.secret)), 'unauthorized_client', 'client_credentials')
  isRefused(t, await token(asAda, basic(robot.id, robot.secret)), 'unauthorized_client', 'password')
  isRefused(t, await token(asAda, basic(machine.id, machine.token)), 'unauthorized_client', 'password for an API token')
  isRefused(t, await post('device_authorization', {}, basic(portal.id, portal.secret)), 'unauthorized_client', 'a device')
  isRefused(t, await post('device_authorization', { client_id: portal.id }), 'invalid_client', 'a device without a secret')
})

t.test('a client that may less after a restart gets less, and so do the tokens that it has for itself', async t => {
  const env = { REDIS_PREFIX: ownPrefix(), JWT_SECRET_KEY: newSecret() }
  const { token, call, createUser } = await startOAuth(t, env)
  await createUser('other', { roles: ['contributor'] })
  const inOwn = basic(portal.id, portal.secret)
  const refresh = ({ body }: Answer, more = {}) => ({ grant_type: 'refresh_token', refresh_token: body.refresh_token, ...more })
  const [first, second, third, lost] = [await token(asAda, inOwn), await token(asAda, inOwn), await token(asAda, inOwn), await token(asAda, inOwn)]
  const retry = { ...inOwn, 'idempotency-key': newKey() }
  const { body: unheard } = await token(refresh(lost), retry)
  const { body: { access_token: ofRobot } } = await token(itself, basic(robot.id, robot.secret))
  t.equal((await call('PUT', '/v1/scans/none/metadata', { token: ofRobot, body: {} })).status, 404)

  const restarted = async (changes: object, ofRobotArm: object = {}) =>
    await start(t, { ...env, OAUTH_CLIENTS: JSON.stringify([{ ...portal.entry, ...changes }, { ...robot.entry, ...ofRobotArm }]) })
  const ask = async ({ call }: Running, parameters: Record<string, string>): Promise<Answer> => await call('POST', '/oauth/token', { body: form(parameters), headers: inOwn })

  const told = async ({ call }: Running): Promise<unknown> => (await call('POST', '/oauth/introspect', { body: form({ token: third.body.refresh_token }), headers: inOwn })).body

  const narrowed = await restarted({ scope: 'profile' }, { scope: 'datasets:read' })
  t.match(await told(narrowed), { active: true, scope: 'profile' }, 'and is told so')
  isRefused(t, await ask(narrowed, refresh(first, { scope: 'sessions' })), 'invalid_scope', 'what it may not ask for any more')
  const { body } = await ask(narrowed, refresh(first))
  t.equal(body.scope, 'profile')
  t.match(await narrowed.call('GET', '/v1/sessions', { token: body.access_token }), { status: 403, body: { code: 'insufficient_scope' } })
  t.equal((await narrowed.call('GET', '/v1/scans', { token: ofRobot })).status, 200)
  t.match(await narrowed.call('PUT', '/v1/scans/none/metadata', { token: ofRobot, body: {} }), { status: 403, body: { code: 'insufficient_scope' } })

  t.equal((await narrowed.call('POST', '/oauth/token', { body: form(refresh(lost)), headers: retry })).body.refresh_token, unheard.refresh_token, 'a lost answer of before can be had again')

  const elsewhere = await restarted({ scope: 'users' }, { account: 'other' })
  isRefused(t, await ask(elsewhere, refresh(second)), 'invalid_scope', 'nothing is left')
  t.strictSame(await told(elsewhere), { active: false }, 'so it is good for nothing')
  t.match(await elsewhere.call('GET', '/v1/scans', { token: ofRobot }), { status: 401, body: { code: 'access_token_revoked' } }, 'it acts as another account')

  const without = await start(t, { ...env, OAUTH_CLIENTS: JSON.stringify([robot.entry]) })
  const { access_token: ofAdmin } = await without.login('admin')
  t.strictSame((await without.call('POST', '/oauth/introspect', { token: ofAdmin, body: form({ token: third.body.refresh_token }) })).body, { active: false }, 'nor is that of a client that there is no more')

  const back = await restarted({})
  t.equal((await ask(back, refresh({ ...first, body }))).body.scope, 'datasets:read profile sessions', 'the session keeps what was granted')
  t.equal((await ask(back, refresh(second))).status, 200, 'and nothing was spent')
  t.equal((await ask(back, refresh(third))).body.scope, 'datasets:read profile sessions')
})

t.test('tokens of a client carry no more than it may, and its name', async t => {
  const { token, app, call } = await startOAuth(t)
  const { body } = await token(asAda, basic(portal.id, portal.secret))
  t.equal(body.scope, 'datasets:read profile sessions')
  t.match(app.codec.verify('access', body.access_token), { client_id: portal.id, scope: body.scope })
  t.equal((await call('GET', '/v1/users/me', { token: body.access_token })).status, 200)
  t.equal((await call('GET', '/v1/api-tokens', { token: body.access_token })).status, 403)
  isRefused(t, await token({ ...asAda, scope: 'audit' }, basic(portal.id, portal.secret)), 'invalid_scope', 'more than the client may, though the user may')
  t.equal((await token({ ...asAda, client_id: 'notebook' })).body.scope, 'profile sessions')
})

t.test('a refresh token is good for its own client only, and a wrong one spends nothing', async t => {
  const { token, refresh, login } = await startOAuth(t)
  const [ours, theirs] = [await login('ada'), (await token(asAda, basic(portal.id, portal.secret))).body]
  const spend = (refreshToken: string, ...more: [Record<string, string>?]): Promise<Answer> => token({ grant_type: 'refresh_token', refresh_token: refreshToken }, ...more)
  isRefused(t, await spend(theirs.refresh_token), 'invalid_grant', 'of a confidential client without it')
  isRefused(t, await token({ grant_type: 'refresh_token', refresh_token: theirs.refresh_token, client_id: portal.id }), 'invalid_client', 'in its name')
  isRefused(t, await token({ grant_type: 'refresh_token', refresh_token: theirs.refresh_token, client_id: 'notebook' }), 'invalid_grant', 'by another client')
  t.match(await refresh(theirs.refresh_token), { status: 401, body: { code: 'refresh_token_invalid' } }, 'nor by our own API')
  isRefused(t, await spend(ours.refresh_token, basic(portal.id, portal.secret)), 'invalid_grant', 'of our own by another client')
  t.match(await spend(theirs.refresh_token, basic(portal.id, portal.secret)), { status: 200, body: { scope: 'datasets:read profile sessions' } })
  t.equal((await spend(ours.refresh_token)).status, 200)
})

t.test('a session is shown under the name of its client', async t => {
  const { token, call } = await startOAuth(t)
  const { body } = await token(asAda, basic(portal.id, portal.secret))
  const { items } = (await call('GET', '/v1/sessions', { token: body.access_token })).body
  t.strictSame(items.map(({ current, device }: { current: boolean, device: { label: string | null } }) => [current, device.label]).sort(), [[false, null], [true, 'Lab portal']])
})

t.test('a device code is good for the client that it was given to (RFC 8628 section 3.4)', async t => {
  const grant = 'urn:ietf:params:oauth:grant-type:device_code'
  const [scanner, other] = ['scanner', 'other'].map(id => newClient(id, { grant_types: [grant], scope: 'datasets:read' })) as [TestClient, TestClient]
  const { post, token } = await startOAuth(t, { OAUTH_CLIENTS: JSON.stringify([scanner.entry, other.entry]) })
  const { body: device } = await post('device_authorization', {}, basic(scanner.id, scanner.secret))
  const poll = (...headers: [Record<string, string>?]) => token({ grant_type: grant, device_code: device.device_code }, ...headers)
  isRefused(t, await poll(), 'invalid_grant', 'our own client')
  isRefused(t, await poll(basic(other.id, other.secret)), 'invalid_grant', 'another client')
  isRefused(t, await token({ grant_type: grant, device_code: device.device_code, client_id: scanner.id }), 'invalid_client', 'without the secret')
  isRefused(t, await poll(basic(scanner.id, scanner.secret)), 'authorization_pending', 'its own')
})

t.test('who approves a device reads the name of its client, if it has proven to be that one', async t => {
  const grants = ['urn:ietf:params:oauth:grant-type:device_code']
  const scanner = newClient('scanner', { name: 'Scanner of hall 2', grant_types: grants, scope: 'datasets:read' })
  const stand = { client_id: 'stand', name: 'Stand', grant_types: grants, scope: 'datasets:read' }
  const running = await startOAuth(t, { OAUTH_CLIENTS: JSON.stringify([scanner.entry, stand]) })
  const { look } = withUser(running, (await running.login('ada')).access_token)
  for (const [parameters, headers, name] of [[{}, basic(scanner.id, scanner.secret), 'Scanner of hall 2'], [{ client_id: 'stand' }, {}, null], [{}, {}, null]] as const) {
    const { body: { user_code: code } } = await running.post('device_authorization', { ...parameters, device_name: 'Scanner of hall 1' }, headers)
    t.match(await look(code), { status: 200, body: { device_name: 'Scanner of hall 1', client_name: name } })
  }
})

t.test('a device is given no more than its client may have, whoever approves it', async t => {
  const grant = 'urn:ietf:params:oauth:grant-type:device_code'
  const scanner = newClient('scanner', { grant_types: [grant], scope: 'datasets:read datasets:create profile' })
  const running = await startOAuth(t, { OAUTH_CLIENTS: JSON.stringify([scanner.entry]) })
  const { look, approve } = withUser(running, (await running.login('admin')).access_token)
  const begin = (wishes: Record<string, string>) => running.post('device_authorization', wishes, basic(scanner.id, scanner.secret))
  for (const wishes of [{ scope: 'datasets:write' }, { scope: 'profile' }, { datasets: '*/read,delete' }] as Array<Record<string, string>>) isRefused(t, await begin(wishes), 'invalid_scope', JSON.stringify(wishes))

  const { body: { device_code: device, user_code: code } } = await begin({ scope: 'datasets:read', datasets: '*/read' })
  t.match(await look(code), { body: { device_name: null, client_name: 'scanner', scope: 'datasets:read' } })
  t.match(await approve(code, { datasets: { '*': ['read', 'write'] } }), { status: 403, body: { code: 'api_token_too_wide' } })
  t.match(await approve(code, { datasets: { '*': ['read', 'create'] } }), { status: 200, body: { scope: 'datasets:create datasets:read' } })
  t.equal((await running.token({ grant_type: grant, device_code: device }, basic(scanner.id, scanner.secret))).body.scope, 'datasets:create datasets:read')
})
