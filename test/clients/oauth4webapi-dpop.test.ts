import * as oauth from 'oauth4webapi'
import t from 'tap'
import { PASSWORD } from '../support/app.js'
import { approve, startLive, type Live } from '../support/live.js'
import { robot } from '../support/oauth.js'

// A client of others that makes its own keys and proofs.

const insecure = { [oauth.allowInsecureRequests]: true }
const ours: oauth.Client = { client_id: 'guardcell' }

const refusal = async (attempt: Promise<unknown>): Promise<unknown> => {
  try {
    await attempt
  } catch (error) {
    if (error instanceof oauth.ResponseBodyError) return [error.status, error.error]
    if (error instanceof oauth.WWWAuthenticateChallengeError) return [error.status, ...error.cause.map(({ scheme, parameters }) => `${scheme} ${parameters.error} ${parameters.algs}`)]
    throw error
  }
  return 'none'
}

/** The service as a client with a key of its own sees it. */
async function meet ({ issuer }: Live, alg: string) {
  const DPoP = oauth.DPoP(ours, await oauth.generateKeyPair(alg))
  const options = { ...insecure, DPoP }
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }))
  const signIn = async () => await oauth.processGenericTokenEndpointResponse(as, ours,
    await oauth.genericTokenEndpointRequest(as, ours, oauth.None(), 'password', { username: 'ada', password: PASSWORD }, options))
  const refresh = async (token = '', more: object = options) =>
    await oauth.processRefreshTokenResponse(as, ours, await oauth.refreshTokenGrantRequest(as, ours, oauth.None(), token, more))
  const call = async (method: string, path: string, token: string, more: object = options) =>
    await oauth.protectedResourceRequest(token, method, new URL(path, issuer), new Headers({ 'content-type': 'application/json' }), method === 'GET' ? null : '{}', more)
  return { as, options, jkt: await DPoP.calculateThumbprint(), signIn, refresh, call }
}

for (const alg of ['ES256', 'Ed25519', 'RS256']) {
  t.test(`it signs in with a key for ${alg}, calls and refreshes, and nobody else does`, async t => {
    const live = await startLive(t)
    const { as, jkt, signIn, refresh, call } = await meet(live, alg)
    t.ok(as.dpop_signing_alg_values_supported?.includes(alg))
    const first = await signIn()
    t.equal(first.token_type, 'dpop')
    t.equal((await call('GET', '/v1/users/me?x=1', first.access_token)).status, 200)
    t.match(await (await call('GET', '/v1/auth/token', first.access_token)).json(), { cnf: { jkt } })
    const second = await refresh(first.refresh_token)
    t.equal(second.token_type, 'dpop')
    t.equal((await call('GET', '/scans', second.access_token)).status, 200)

    const thief = await meet(live, alg)
    const invalid = [401, 'dpop invalid_token ES256 EdDSA Ed25519 RS256']
    t.strictSame(await refusal(thief.call('GET', '/v1/users/me', second.access_token)), invalid)
    t.strictSame(await refusal(call('GET', '/v1/users/me', second.access_token, insecure)), invalid)
    t.strictSame(await refusal(thief.refresh(second.refresh_token)), [400, 'invalid_dpop_proof'])
    t.strictSame(await refusal(refresh(second.refresh_token, insecure)), [400, 'invalid_dpop_proof'])
    t.equal((await call('POST', '/v1/auth/logout', second.access_token)).status, 204)
    t.strictSame(await refusal(call('GET', '/v1/users/me', second.access_token)), invalid)
  })
}

t.test('it binds a token of its own, and learns that an API token is not bound', async t => {
  const live = await startLive(t)
  const { as, options, jkt, call } = await meet(live, 'ES256')
  const itself = { client_id: robot.id }
  const secret = oauth.ClientSecretBasic(robot.secret)
  const { access_token: token, token_type: type } = await oauth.processClientCredentialsResponse(as, itself, await oauth.clientCredentialsGrantRequest(as, itself, secret, {}, options))
  t.equal(type, 'dpop')
  t.equal((await call('GET', '/scans', token)).status, 200)
  t.match(await oauth.processIntrospectionResponse(as, itself, await oauth.introspectionRequest(as, itself, secret, token, insecure)), { active: true, token_type: 'DPoP', cnf: { jkt } })

  const device = await oauth.processDeviceAuthorizationResponse(as, ours, await oauth.deviceAuthorizationRequest(as, ours, oauth.None(), {}, insecure))
  await approve(live, device.user_code)
  const paired = await oauth.processDeviceCodeResponse(as, ours, await oauth.deviceCodeGrantRequest(as, ours, oauth.None(), device.device_code, options))
  t.equal(paired.token_type, 'bearer')
  t.equal((await call('GET', '/scans', paired.access_token, insecure)).status, 200)
})
