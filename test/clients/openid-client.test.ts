import * as client from 'openid-client'
import t from 'tap'
import { PASSWORD } from '../support/app.js'
import { approve, errorOf, startLive } from '../support/live.js'
import { portal, robot } from '../support/oauth.js'

const discover = async (issuer: URL, id: string, auth?: client.ClientAuth): Promise<client.Configuration> =>
  await client.discovery(issuer, id, undefined, auth, { algorithm: 'oauth2', execute: [client.allowInsecureRequests] })

const asAda = { username: 'ada', password: PASSWORD }

const shared = startLive(t)

t.test('it goes through the life of a session', async t => {
  const { issuer } = await shared
  const config = await discover(issuer, portal.id, client.ClientSecretBasic(portal.secret))
  const tokens = await client.genericGrantRequest(config, 'password', asAda)
  const { access_token: access, refresh_token: refresh = '' } = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
  t.match(await client.tokenIntrospection(config, access), { active: true, username: 'ada', client_id: portal.id })
  t.equal((await client.fetchProtectedResource(config, access, new URL('/v1/users/me', issuer), 'GET')).status, 200)
  t.match(await errorOf(client.refreshTokenGrant(config, 'nonsense')), { error: 'invalid_grant', status: 400 })
  await client.tokenRevocation(config, refresh)
  t.strictSame(await client.tokenIntrospection(config, access), { active: false })
  t.match(await errorOf(client.fetchProtectedResource(config, access, new URL('/v1/users/me', issuer), 'GET')), { status: 401 })
})

t.test('it gets a token for itself', async t => {
  const { issuer, apiToken } = await shared
  const machine = await apiToken()
  for (const [id, secret] of [[robot.id, robot.secret], [machine.id, machine.token]] as const) {
    const config = await discover(issuer, id, client.ClientSecretPost(secret))
    const { access_token: token, scope } = await client.clientCredentialsGrant(config, { scope: 'datasets:read' })
    t.equal(scope, 'datasets:read')
    t.equal((await client.fetchProtectedResource(config, token, new URL('/v1/scans', issuer), 'GET')).status, 200)
    t.match(await errorOf(client.clientCredentialsGrant(config, { scope: 'keys' })), { error: 'invalid_scope' })
  }
})

t.test('it pairs a device, by polling', async t => {
  const live = await shared
  const config = await discover(live.issuer, 'guardcell', client.None())
  const device = await client.initiateDeviceAuthorization(config, { scope: 'datasets:read' })
  await approve(live, device.user_code)
  const { access_token: token } = await client.pollDeviceAuthorizationGrant(config, { ...device, interval: 0.01 })
  t.equal((await client.fetchProtectedResource(config, token, new URL('/v1/scans', live.issuer), 'GET')).status, 200)
})
