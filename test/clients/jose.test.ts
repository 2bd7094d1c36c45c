import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose'
import t, { type Test } from 'tap'
import { PASSWORD } from '../support/app.js'
import { codeIn, load } from '../support/guide.js'
import { startLive, type Live } from '../support/live.js'
import { basic, robot } from '../support/oauth.js'

const algorithms = ['EdDSA', 'ES256'] as const

/** Another service, which fetches the keys and counts how often it does. */
function elsewhere ({ issuer }: Live, cooldownDuration: number) {
  let fetched = 0
  const counting: typeof fetch = async (...call) => {
    fetched += 1
    return await fetch(...call)
  }
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', issuer), { cooldownDuration, [customFetch]: counting })
  const verify = async (token: string): Promise<string | undefined> =>
    (await jwtVerify(token, keys, { issuer: issuer.origin, audience: 'guardcell', typ: 'at+jwt', requiredClaims: ['client_id', 'scope'] })).payload.sub
  return { verify, fetched: () => fetched }
}

/** A new key is announced, and signs. */
async function rotate ({ login, call, clock }: Live, beforeItSigns: () => Promise<unknown>): Promise<void> {
  const { status } = await call('POST', '/v1/keys/rotate', { token: (await login('admin')).access_token })
  if (status !== 200) throw new Error(`rotation: ${status}`)
  await beforeItSigns()
  clock.advance(301)
}

const kidOf = (token: string): string => JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()).kid

for (const alg of algorithms) {
  t.test(`tokens of ${alg} are verified across a rotation, with the keys fetched anew`, async t => {
    const live = await startLive(t, { SIGNING_ALG: alg })
    const { verify, fetched } = elsewhere(live, 0)
    const before = await live.login('ada')
    t.equal(await verify(before.access_token), before.user.id)
    t.equal(await verify((await live.login('ada')).access_token), before.user.id)
    t.equal(fetched(), 1, 'not at every call')
    await rotate(live, async () => {})
    const after = await live.login('ada')
    t.not(kidOf(after.access_token), kidOf(before.access_token))
    t.equal(await verify(after.access_token), before.user.id)
    t.equal(await verify(before.access_token), before.user.id, 'and the former key is still there')
    t.equal(fetched(), 2)
  })
}

t.test('who fetches the keys while a new one is announced needs no other fetch', async t => {
  const live = await startLive(t, { SIGNING_ALG: 'EdDSA' })
  const { verify, fetched } = elsewhere(live, Infinity)
  const before = await live.login('ada')
  await rotate(live, () => verify(before.access_token))
  const after = await live.login('ada')
  t.not(kidOf(after.access_token), kidOf(before.access_token))
  t.equal(await verify(after.access_token), before.user.id)
  t.equal(fetched(), 1)
})

/** The service of the guide, as it stands there. */
async function guided (t: Test, env: Record<string, string>) {
  const live = await startLive(t, env)
  const { createVerifier } = await load(t, (await codeIn('verify-with-jwks', 'js'))[0]!)
  const verify: (authorization?: string, scope?: string) => Promise<any> = createVerifier({ issuer: live.issuer.origin })
  return { ...live, verify }
}

t.test('the service of the guide knows users and machines by their tokens', async t => {
  const { login, token, apiToken, verify } = await guided(t, { SIGNING_ALG: 'EdDSA', EXTRA_SCOPES: 'robot:move=contributor' })
  const { access_token: ofAda, user } = await login('ada')
  const ada = await verify(`Bearer ${ofAda}`, 'robot:move profile')
  t.match(ada, { user: user.id, username: 'ada', client: 'guardcell' })
  t.ok(ada.scope.includes('robot:move'))
  const machine = await apiToken()
  const { body } = await token({ grant_type: 'client_credentials' }, basic(machine.id, machine.token))
  t.strictSame(await verify(`bearer ${body.access_token}`), { user: user.id, username: 'ada', client: machine.id, scope: ['datasets:read', 'datasets:write'], datasets: 'cam_*/read,write' })
  const { body: ofRobot } = await token({ grant_type: 'client_credentials' }, basic(robot.id, robot.secret))
  t.match(await verify(`Bearer ${ofRobot.access_token}`), { username: 'robot', client: robot.id, datasets: undefined })
})

t.test('the service of the guide refuses what is not for it', async t => {
  const { app, login, apiToken, verify, call } = await guided(t, { SIGNING_ALG: 'EdDSA' })
  const { access_token: good, refresh_token: refresh } = await login('ada')
  const invalid = { refusal: [401, 'Bearer error="invalid_token"'] }
  t.strictSame(await verify(), { refusal: [401, 'Bearer'] })
  t.strictSame(await verify(`Basic ${good}`), { refusal: [401, 'Bearer'] })
  for (const [name, wrong] of Object.entries({ altered: `${good}x`, 'a refresh token': refresh, 'an API token': (await apiToken()).token, nonsense: 'a.b.c' })) t.strictSame(await verify(`Bearer ${wrong}`), invalid, name)
  t.strictSame(await verify(`Bearer ${good}`, 'users'), { refusal: [403, 'Bearer error="insufficient_scope", scope="users"'] })
  const claims = app.codec.verify('access', good)
  t.strictSame(await verify(`Bearer ${app.codec.sign('access', { ...claims, cnf: { jkt: 'x' } })}`), invalid, 'bound to a key')
  t.strictSame(await verify(`Bearer ${app.codec.sign('access', { ...claims, exp: claims.iat - 10 })}`), invalid, 'expired')
  await call('POST', '/v1/auth/logout', { token: good, body: {} })
  t.match(await verify(`Bearer ${good}`), { username: 'ada' }, 'but does not know of an end')
})

t.test('the service of the guide does not take an outage for a bad token', async t => {
  const { app, login, verify } = await guided(t, { SIGNING_ALG: 'EdDSA' })
  const { access_token: token } = await login('ada', PASSWORD)
  await app.close()
  await t.rejects(verify(`Bearer ${token}`))
})
