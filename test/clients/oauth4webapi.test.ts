import * as oauth from 'oauth4webapi'
import t from 'tap'
import { PASSWORD } from '../support/app.js'
import { newSigner } from '../support/client-key.js'
import { approve, startLive, type Live } from '../support/live.js'
import { portal, robot } from '../support/oauth.js'

// A strict client: it refuses whatever an answer lacks, or has in another form than the RFCs ask for.

const insecure = { [oauth.allowInsecureRequests]: true }
const ours: oauth.Client = { client_id: 'guardcell' }
const client = ({ id }: { id: string }): oauth.Client => ({ client_id: id })

const discover = async (issuer: URL): Promise<oauth.AuthorizationServer> =>
  await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }))

/** The word of RFC 6749 section 5.2, or of RFC 6750 section 3.1, with which a call is refused. */
async function refusal (attempt: Promise<unknown>): Promise<unknown> {
  try {
    await attempt
  } catch (error) {
    if (error instanceof oauth.ResponseBodyError) return [error.status, error.error]
    if (error instanceof oauth.WWWAuthenticateChallengeError) return [error.status, ...error.cause.map(({ scheme, parameters }) => `${scheme} ${parameters.error ?? ''}`)]
    throw error
  }
  return 'none'
}

/** A service, found by discovery, and its endpoints as this client sees them. */
async function meet (live: Live) {
  const as = await discover(live.issuer)
  const signIn = async (who: oauth.Client, auth: oauth.ClientAuth, scope?: string) => {
    const parameters = new URLSearchParams({ username: 'ada', password: PASSWORD, ...(scope === undefined ? {} : { scope }) })
    return await oauth.processGenericTokenEndpointResponse(as, who, await oauth.genericTokenEndpointRequest(as, who, auth, 'password', parameters, insecure))
  }
  const refresh = async (who: oauth.Client, auth: oauth.ClientAuth, token = '', parameters: Record<string, string> = {}) =>
    await oauth.processRefreshTokenResponse(as, who, await oauth.refreshTokenGrantRequest(as, who, auth, token, { ...insecure, additionalParameters: parameters }))
  const introspect = async (who: oauth.Client, auth: oauth.ClientAuth, token = '') =>
    await oauth.processIntrospectionResponse(as, who, await oauth.introspectionRequest(as, who, auth, token, insecure))
  const revoke = async (who: oauth.Client, auth: oauth.ClientAuth, token = '') =>
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, who, auth, token, insecure))
  const itself = async (who: oauth.Client, auth: oauth.ClientAuth, scope?: string) =>
    await oauth.processClientCredentialsResponse(as, who, await oauth.clientCredentialsGrantRequest(as, who, auth, scope === undefined ? {} : { scope }, insecure))
  const get = async (path: string, token: string) => await oauth.protectedResourceRequest(token, 'GET', new URL(path, live.issuer), undefined, null, insecure)
  return { as, signIn, refresh, introspect, revoke, itself, get }
}

/** One service for all that need no other configuration. */
const shared = startLive(t)

t.test('it discovers the service', async t => {
  const { issuer } = await shared
  const as = await discover(issuer)
  t.equal(as.issuer, issuer.href.replace(/\/$/, ''))
  t.equal(as.token_endpoint, `${issuer.href}oauth/token`)
})

t.test('it signs a user in, refreshes, calls, and revokes', async t => {
  const { signIn, refresh, revoke, get } = await meet(await shared)
  const first = await signIn(ours, oauth.None())
  t.equal((await get('/v1/users/me', first.access_token)).status, 200)
  const second = await refresh(ours, oauth.None(), first.refresh_token, { scope: 'profile' })
  t.equal(second.scope, 'profile')
  t.ok(second.refresh_token)
  t.strictSame(await refusal(get('/v1/sessions', second.access_token)), [403, 'bearer insufficient_scope'])
  t.strictSame(await refusal(refresh(ours, oauth.None(), second.refresh_token, { scope: 'keys' })), [400, 'invalid_scope'])
  await revoke(ours, oauth.None(), second.refresh_token)
  t.strictSame(await refusal(get('/v1/users/me', second.access_token)), [401, 'bearer invalid_token'])
  t.strictSame(await refusal(refresh(ours, oauth.None(), second.refresh_token)), [400, 'invalid_grant'])
  await revoke(ours, oauth.None(), 'never heard of')
})

for (const [how, auth] of [['the header', oauth.ClientSecretBasic], ['the form', oauth.ClientSecretPost]] as const) {
  t.test(`it shows its secret in ${how}`, async t => {
    const live = await shared
    const { signIn, refresh, introspect, itself, revoke } = await meet(live)
    const secret = auth(portal.secret)
    const tokens = await signIn(client(portal), secret)
    const told = await introspect(client(portal), secret, tokens.access_token)
    t.match(told, { active: true, client_id: portal.id, username: 'ada', token_type: 'Bearer', iss: live.issuer.href.slice(0, -1), aud: 'guardcell', scope: tokens.scope })
    t.match(await introspect(client(portal), secret, tokens.refresh_token), { active: true })
    const again = await refresh(client(portal), secret, tokens.refresh_token)
    t.strictSame(await introspect(client(portal), secret, tokens.refresh_token), { active: false }, 'and it was not spent before')
    t.strictSame(await refusal(itself(client(portal), secret)), [400, 'unauthorized_client'])
    await revoke(client(portal), secret, again.refresh_token)
    t.strictSame(await introspect(client(portal), secret, again.access_token), { active: false })

    const machine = await live.apiToken()
    const ofMachine = await itself({ client_id: machine.id }, auth(machine.token), 'datasets:read')
    t.match(ofMachine, { scope: 'datasets:read', token_type: 'bearer', refresh_token: undefined })
    t.match(await introspect({ client_id: machine.id }, auth(machine.token), ofMachine.access_token), { active: true, datasets: 'cam_*/read,write' })
    t.match(await itself(client(robot), auth(robot.secret)), { scope: 'datasets:read datasets:write' })
    t.strictSame(await refusal(itself(client(robot), auth(portal.secret))), [401, 'basic '])
  })
}

t.test('it signs for itself instead of showing a secret (RFC 7523)', async t => {
  const signer = newSigner('scanner', 'ES256', 'first')
  const live = await startLive(t, { OAUTH_CLIENTS: JSON.stringify([{ client_id: 'scanner', jwks: { keys: [signer.jwk] }, grant_types: ['client_credentials'], scope: 'datasets:read', account: 'robot' }]) })
  const { itself, introspect, revoke } = await meet(live)
  const key = await crypto.subtle.importKey('jwk', signer.privateKey.export({ format: 'jwk' }), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
  const auth = oauth.PrivateKeyJwt({ key, kid: 'first' })
  const { access_token: token } = await itself(client(signer), auth)
  t.match(await introspect(client(signer), auth, token), { active: true, username: 'robot' })
  await revoke(client(signer), auth, token)
  t.strictSame(await introspect(client(signer), auth, token), { active: false })
  t.strictSame(await refusal(itself(client(signer), oauth.PrivateKeyJwt({ key, kid: 'second' }))), [401, 'basic '])
})

t.test('it pairs a device', async t => {
  const live = await shared
  const { as, get } = await meet(live)
  const device = await oauth.processDeviceAuthorizationResponse(as, ours, await oauth.deviceAuthorizationRequest(as, ours, oauth.None(), { scope: 'datasets:read' }, insecure))
  const poll = async () => await oauth.processDeviceCodeResponse(as, ours, await oauth.deviceCodeGrantRequest(as, ours, oauth.None(), device.device_code, insecure))
  t.strictSame(await refusal(poll()), [400, 'authorization_pending'])
  t.strictSame(await refusal(poll()), [400, 'slow_down'])
  await approve(live, device.user_code)
  live.clock.advance(60)
  const { access_token: token, scope } = await poll()
  t.equal(scope, 'datasets:read datasets:write')
  t.equal((await get('/v1/scans', token)).status, 200)
})

/** A call as the service behind it sees it. */
async function seen (live: Live, token: string, options: oauth.ProtectedResourceRequestOptions = {}): Promise<Request> {
  let call: Request | undefined
  await oauth.protectedResourceRequest(token, 'GET', new URL('/v1/users/me', live.issuer), undefined, null, {
    ...insecure,
    ...options,
    [oauth.customFetch]: async (url, init) => {
      call = new Request(url, init as RequestInit)
      return await fetch(url, init as RequestInit)
    }
  })
  return call!
}

for (const alg of ['EdDSA', 'ES256', 'RS256']) {
  t.test(`as a resource it validates access tokens of ${alg} (RFC 9068)`, async t => {
    const live = await startLive(t, { SIGNING_ALG: alg })
    const { as, signIn, itself } = await meet(live)
    const validate = async (call: Request, audience = 'guardcell') => await oauth.validateJwtAccessToken(as, call, audience, { ...insecure, signingAlgorithms: [alg] })
    const tokens = await signIn(ours, oauth.None())
    const claims = await validate(await seen(live, tokens.access_token))
    t.match(claims, { iss: as.issuer, aud: 'guardcell', client_id: 'guardcell', scope: tokens.scope, username: 'ada', auth_time: Number, exp: Number, iat: Number, jti: String })
    const machine = await itself(client(robot), oauth.ClientSecretBasic(robot.secret))
    const bearer = (token: string): Request => new Request(new URL('/scans', live.issuer), { headers: { authorization: `Bearer ${token}` } })
    t.match(await validate(bearer(machine.access_token)), { client_id: robot.id, username: 'robot', scope: 'datasets:read datasets:write' })
    await t.rejects(validate(bearer(tokens.access_token), 'another'))
    await t.rejects(validate(bearer(tokens.refresh_token ?? '')), 'a refresh token')
    await t.rejects(validate(bearer((await live.apiToken()).token)), 'an API token')
  })
}

t.test('as a resource it takes a token that is bound to a key with its proof only (RFC 9449)', async t => {
  const live = await startLive(t, { SIGNING_ALG: 'EdDSA' })
  const { as } = await meet(live)
  const own = { ...insecure, DPoP: oauth.DPoP(ours, await oauth.generateKeyPair('Ed25519')) }
  const { access_token: token } = await oauth.processGenericTokenEndpointResponse(as, ours, await oauth.genericTokenEndpointRequest(as, ours, oauth.None(), 'password', { username: 'ada', password: PASSWORD }, own))
  const call = await seen(live, token, own)
  t.match(await oauth.validateJwtAccessToken(as, call, 'guardcell', { ...insecure, requireDPoP: true }), { cnf: { jkt: String } })
  await t.rejects(oauth.validateJwtAccessToken(as, new Request(call.url, { headers: { authorization: `Bearer ${token}` } }), 'guardcell', insecure))
})
