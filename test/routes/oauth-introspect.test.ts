import t from 'tap'
import { claimsIn, inBothFormats, PASSWORD, start, type Answer, type Pair } from '../support/app.js'
import { basic, portal, robot, startOAuth, type OAuth } from '../support/oauth.js'

type Headers = Record<string, string>

const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` })
const ofRobot = basic(robot.id, robot.secret)
const ofPortal = basic(portal.id, portal.secret)
const inactive = { active: false }

/** What a client is told of a token. */
const asking = ({ post }: OAuth) => async (token: string, headers: Headers = ofRobot, more: Headers = {}): Promise<any> => {
  const answer = await post('introspect', { token, ...more }, headers)
  if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}

const portalSignsIn = async ({ token }: OAuth): Promise<Pair> =>
  (await token({ grant_type: 'password', username: 'ada', password: PASSWORD }, ofPortal)).body

inBothFormats(t, 'an access token is told as it is', async (t, env) => {
  const oauth = await startOAuth(t, { ISSUER: 'https://lab.example', ...env })
  const pair = await oauth.login('ada')
  const { status, headers, body } = await oauth.post('introspect', { token: pair.access_token }, ofRobot)
  t.equal(status, 200)
  t.match(headers, { 'cache-control': 'no-store', 'content-type': /^application\/json/ })
  const claims = oauth.app.codec.verify('access', pair.access_token)
  t.strictSame(body, {
    active: true,
    scope: pair.scope,
    client_id: 'guardcell',
    username: 'ada',
    token_type: 'Bearer',
    exp: claims.exp,
    iat: claims.iat,
    sub: pair.user.id,
    aud: 'guardcell',
    iss: 'https://lab.example',
    jti: claims.jti,
    auth_time: claims.iat
  })
  const ask = asking(oauth)
  for (const hint of ['access_token', 'refresh_token', 'nonsense', '']) t.match(await ask(pair.access_token, ofRobot, { token_type_hint: hint }), { active: true }, hint)
})

t.test('a token that is good for nothing is inactive, and nothing else is said of it', async t => {
  const oauth = await startOAuth(t)
  const { app, call, login, refresh, apiToken, token, clock } = oauth
  const ask = asking(oauth)
  const { access_token: admin } = await login('admin')
  const pairs = await Promise.all(Array.from({ length: 4 }, () => login('ada')))
  const [ended, spent, expiring] = pairs as [Pair, Pair, Pair]
  const machine = await apiToken()
  const ofMachine = (await token({ grant_type: 'client_credentials' }, basic(machine.id, machine.token))).body.access_token as string
  for (const { access_token: access } of pairs) t.match(await ask(access), { active: true })
  for (const good of [machine.token, ofMachine]) t.match(await ask(good), { active: true })

  await call('POST', '/v1/auth/logout', { body: { refresh_token: ended.refresh_token } })
  t.strictSame(await ask(ended.access_token), inactive, 'of a session that was ended')
  t.strictSame(await ask(ended.refresh_token, bearer(admin)), inactive)
  const successor = (await refresh(spent.refresh_token)).body
  t.strictSame(await ask(spent.refresh_token, bearer(admin)), inactive, 'spent')
  t.match(await ask(successor.refresh_token, bearer(admin)), { active: true })
  await call('DELETE', `/v1/api-tokens/${machine.id}`, { token: successor.access_token })
  for (const withdrawn of [machine.token, ofMachine]) t.strictSame(await ask(withdrawn), inactive, 'withdrawn')
  for (const unknown of ['unknown', 'a.b.c', `${successor.access_token}x`, 'ü', 'x'.repeat(9000)]) t.strictSame(await ask(unknown), inactive, unknown.slice(0, 10))

  await app.accounts.update(expiring.user.id, { active: false })
  t.strictSame(await ask(successor.access_token), inactive, 'of an account that is not active')
  t.strictSame(await ask(successor.refresh_token, bearer(admin)), inactive)
  await app.accounts.update(expiring.user.id, { active: true })
  const { access_token: later, refresh_token: latest } = await login('ada')
  clock.advance(903)
  t.strictSame(await ask(later), inactive, 'expired')
  const { access_token: adminLater } = await login('admin')
  t.match(await ask(latest, bearer(adminLater)), { active: true })
  clock.advance(86_400)
  t.strictSame(await ask(latest, bearer((await login('admin')).access_token)), inactive)
})

t.test('a refresh token is told of without being spent, to its own client and to who manages users', async t => {
  const oauth = await startOAuth(t)
  const { app, login, token } = oauth
  const ask = asking(oauth)
  const pair = await portalSignsIn(oauth)
  const claims = app.codec.verify('refresh', pair.refresh_token)
  const expected = {
    active: true, scope: 'datasets:read profile sessions', client_id: portal.id, username: 'ada', exp: claims.exp, iat: claims.iat, sub: claims.sub, aud: 'guardcell', iss: claims.iss, jti: claims.jti, auth_time: claims.auth_time
  }
  for (let time = 0; time < 3; time++) t.strictSame(await ask(pair.refresh_token, ofPortal), expected, 'without a token_type')
  t.strictSame(await ask(pair.refresh_token, bearer((await login('admin')).access_token)), expected)
  t.strictSame(await ask(pair.refresh_token, ofRobot), inactive, 'nobody takes it for an access token')
  t.strictSame(await ask((await login('ada')).refresh_token, ofPortal), inactive, 'nor that of our own client')
  t.equal((await token({ grant_type: 'refresh_token', refresh_token: pair.refresh_token }, ofPortal)).status, 200)
})

t.test('tokens that travel in cookies are good for nobody who shows them otherwise', async t => {
  const oauth = await startOAuth(t)
  const answer = await oauth.call('POST', '/v1/auth/login', { body: { username: 'ada', password: PASSWORD, transport: 'cookie' }, headers: { host: 'localhost' } })
  const ask = asking(oauth)
  const { access_token: admin } = await oauth.login('admin')
  const jar = Object.fromEntries((answer.headers['set-cookie'] as string[]).map(line => line.split(';')[0]!.split('=') as [string, string]))
  t.strictSame(await ask(jar.gc_access!), inactive)
  t.strictSame(await ask(jar.gc_refresh!, bearer(admin)), inactive)
})

t.test('tokens of machines are told with their data sets', async t => {
  const oauth = await startOAuth(t)
  const ask = asking(oauth)
  const machine = await oauth.apiToken()
  const { body } = await oauth.token({ grant_type: 'client_credentials', scope: 'datasets:read' }, basic(machine.id, machine.token))
  const claims = claimsIn(machine.token)
  t.strictSame(await ask(machine.token), {
    active: true, scope: 'datasets:read datasets:write', client_id: machine.id, username: 'ada', token_type: 'Bearer', exp: claims.exp, iat: claims.iat, sub: claims.sub, aud: claims.aud, iss: claims.iss, jti: machine.id, datasets: 'cam_*/read,write'
  })
  t.match(await ask(body.access_token), { active: true, client_id: machine.id, scope: 'datasets:read', datasets: 'cam_*/read,write', jti: claimsIn(body.access_token).jti })
})

t.test('the scope is what is true now, not what was granted', async t => {
  const oauth = await startOAuth(t)
  const { user, access_token: token } = await oauth.login('ada')
  const ask = asking(oauth)
  t.match((await ask(token)).scope, /datasets:create/)
  await oauth.app.accounts.update(user.id, { roles: ['reader'] })
  t.notMatch((await ask(token)).scope, /datasets:create/)
})

t.test('an API token as a client knows the tokens of its own account', async t => {
  const oauth = await startOAuth(t)
  const ask = asking(oauth)
  const machine = await oauth.apiToken()
  const [own, other] = [await oauth.login('ada'), await oauth.login('robot')]
  const headers = basic(machine.id, machine.token)
  t.match(await ask(own.access_token, headers), { active: true, username: 'ada' })
  t.match(await ask(machine.token, headers), { active: true })
  t.strictSame(await ask(own.refresh_token, headers), inactive)
  t.strictSame(await ask(other.access_token, headers), inactive)
})

t.test('who does not show who asks is told nothing', async t => {
  const { post, login, apiToken, call } = await startOAuth(t)
  const [{ access_token: token }, machine] = [await login('ada'), await apiToken()]
  const refused = (answer: Answer, status: number, error: string, challenge: RegExp, name: string): void => {
    t.match(answer, { status, body: { error }, headers: { 'www-authenticate': challenge, 'cache-control': 'no-store', 'content-type': /^application\/json/ } }, name)
    t.strictSame(Object.keys(answer.body).sort(), ['error', 'error_description'], name)
  }
  const basicly = /^Basic realm="guardcell"$/
  refused(await post('introspect', { token }), 401, 'invalid_client', basicly, 'nobody')
  refused(await post('introspect', { token, client_id: 'guardcell' }), 401, 'invalid_client', basicly, 'a public client')
  refused(await post('introspect', { token, client_id: robot.id }), 401, 'invalid_client', basicly, 'a name')
  refused(await post('introspect', { token }, basic(robot.id, portal.secret)), 401, 'invalid_client', basicly, 'a wrong secret')
  refused(await post('introspect', { token }, { authorization: 'Digest x' }), 401, 'invalid_client', basicly, 'another scheme')
  refused(await post('introspect', { token }, bearer(`${token}x`)), 401, 'invalid_token', /^Bearer realm="guardcell", error="invalid_token"/, 'a bad access token')
  refused(await post('introspect', { token }, bearer(token)), 403, 'insufficient_scope', /^Bearer .*error="insufficient_scope".*scope="users"/, 'an access token without the scope users')
  refused(await post('introspect', { token }, bearer(machine.token)), 403, 'insufficient_scope', /^Bearer /, 'an API token without it')
  const { access_token: admin } = await login('admin')
  t.match(await post('introspect', { token, client_secret: robot.secret }, bearer(admin)), { status: 400, body: { error: 'invalid_request' } }, 'two ways at once')
  t.match(await post('introspect', {}, ofRobot), { status: 400, body: { error: 'invalid_request' } }, 'no token')
  t.match(await call('POST', '/oauth/introspect', { body: `token=${token}&token=${token}`, headers: ofRobot }), { status: 400, body: { error: 'invalid_request' } }, 'two tokens')
  t.match(await call('POST', '/oauth/introspect', { body: { token }, headers: ofRobot }), { status: 415, body: { error: 'invalid_request' } }, 'JSON')
  t.equal((await call('GET', `/oauth/introspect?token=${token}`)).status, 405, 'nor by GET')
  t.match(await post('introspect', { token, client_id: robot.id, client_secret: robot.secret }), { status: 200, body: { active: true } }, 'a secret in the form')
})

t.test('with BASIC_AUTH=on a password is no secret of a client', async t => {
  const { call, login } = await start(t, { BASIC_AUTH: 'on' })
  const { access_token: token } = await login('admin')
  t.match(await call('POST', '/oauth/introspect', { body: `token=${token}`, headers: basic('admin', PASSWORD) }), { status: 401, body: { error: 'invalid_client' } })
})
