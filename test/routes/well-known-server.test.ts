import t from 'tap'
import { start } from '../support/app.js'
import { basic, robot, startOAuth } from '../support/oauth.js'

const WELL_KNOWN = '/.well-known/oauth-authorization-server'
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'

t.test('the metadata say what there is', async t => {
  const { call } = await start(t, { ISSUER: 'https://lab.example', EXTRA_SCOPES: 'robot:move=admin' })
  const { status, headers, body } = await call('GET', WELL_KNOWN, { headers: { authorization: 'Bearer expired' } })
  t.equal(status, 200)
  t.match(headers, { 'content-type': /^application\/json/, 'cache-control': 'public, max-age=3600' })
  t.match(body, {
    issuer: 'https://lab.example',
    token_endpoint: 'https://lab.example/oauth/token',
    revocation_endpoint: 'https://lab.example/oauth/revoke',
    introspection_endpoint: 'https://lab.example/oauth/introspect',
    device_authorization_endpoint: 'https://lab.example/oauth/device_authorization',
    jwks_uri: 'https://lab.example/.well-known/jwks.json',
    service_documentation: 'https://lab.example/docs'
  })
  t.strictSame(body.grant_types_supported, ['password', 'refresh_token', 'client_credentials', DEVICE_CODE])
  t.strictSame(body.response_types_supported, [], 'there is no authorization endpoint')
  t.strictSame(body.token_endpoint_auth_methods_supported, ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'])
  t.strictSame(body.revocation_endpoint_auth_methods_supported, ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'])
  t.strictSame(body.introspection_endpoint_auth_methods_supported, ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'Bearer', 'DPoP'])
  for (const scope of ['profile', 'datasets:read', 'guardcell:superuser', 'robot:move']) t.ok(body.scopes_supported.includes(scope), scope)
})

t.test('every endpoint that it names is there', async t => {
  const { app, call } = await start(t, { PUBLIC_URL: 'https://lab.example/guardcell/', ISSUER: 'https://lab.example' })
  const { body } = await call('GET', WELL_KNOWN)
  const routes = new Map(app.routeRules().map(({ method, url }) => [`${method} ${url.replace(/(.)\/$/, '$1')}`, url]))
  const named = Object.entries(body as Record<string, string>).filter(([name]) => name.endsWith('_endpoint'))
  t.equal(named.length, 4)
  for (const [name, url] of named) {
    t.ok(url.startsWith('https://lab.example/guardcell/oauth/'), 'below where clients reach the service')
    t.ok(routes.has(`POST ${url.replace('https://lab.example/guardcell', '')}`), name)
  }
  t.equal((await call('GET', '/docs/')).status, 200)
})

t.test('every grant that it names is taken, and no other', async t => {
  for (const [REFRESH_TOKENS, isThere] of [['on', true], ['off', false]] as const) {
    const { call, token } = await startOAuth(t, { REFRESH_TOKENS })
    const { grant_types_supported: grants } = (await call('GET', WELL_KNOWN)).body
    t.equal(grants.includes('refresh_token'), isThere, REFRESH_TOKENS)
    const filled = { username: 'x', password: 'x', refresh_token: 'x', device_code: 'x' }
    for (const grant of ['password', 'refresh_token', 'client_credentials', DEVICE_CODE, 'authorization_code', 'implicit']) {
      const { body } = await token({ grant_type: grant, ...filled }, grant === 'client_credentials' ? basic(robot.id, robot.secret) : {})
      t.equal(body.error !== 'unsupported_grant_type', grants.includes(grant), `${grant} with REFRESH_TOKENS=${REFRESH_TOKENS}`)
    }
  }
})

t.test('an issuer with a path has its document behind the well-known one (RFC 8414 section 3.1)', async t => {
  const { call } = await start(t, { ISSUER: 'https://lab.example/sso/guard%20cell/' })
  const found = await call('GET', `${WELL_KNOWN}/sso/guard%20cell`)
  t.match(found, { status: 200, body: { issuer: 'https://lab.example/sso/guard%20cell/', token_endpoint: 'https://lab.example/sso/guard%20cell/oauth/token' }, headers: { 'cache-control': /max-age/ } })
  t.strictSame((await call('GET', WELL_KNOWN)).body, found.body, 'where a proxy takes the path away')
  for (const other of ['sso', 'sso/guard', 'sso/guard%20cell/more', 'elsewhere', '%E0%A4%A']) t.match(await call('GET', `${WELL_KNOWN}/${other}`), { status: other.startsWith('%') ? 400 : 404 }, other)
})

t.test('an issuer without a path has no other document', async t => {
  const { call } = await start(t, { ISSUER: 'https://lab.example' })
  t.match(await call('GET', `${WELL_KNOWN}/sso`), { status: 404, body: { code: 'not_found' } })
})
