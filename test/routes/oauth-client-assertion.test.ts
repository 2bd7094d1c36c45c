import t, { type Test } from 'tap'
import { ownPrefix, PASSWORD, start, type Answer } from '../support/app.js'
import { asserted, newSigner } from '../support/client-key.js'
import { basic, newClient, robot, startOAuth } from '../support/oauth.js'

const aud = 'https://lab.example'
const itself = { grant_type: 'client_credentials' }
const rights = { grant_types: ['client_credentials', 'password', 'refresh_token'], scope: 'datasets:read profile', account: 'robot' }

const startSigned = (t: Test, signers: Array<ReturnType<typeof newSigner>>, more: unknown[] = []) =>
  startOAuth(t, { ISSUER: aud, OAUTH_CLIENTS: JSON.stringify([{ client_id: 'scanner', jwks: { keys: signers.map(({ jwk }) => jwk) }, ...rights }, robot.entry, ...more]) })

const isRefused = (t: Test, { status, body }: Answer, why: string, name: string): void => {
  t.strictSame([status, body.error], [401, 'invalid_client'], name)
  t.match(body.error_description, why, name)
}

for (const alg of ['ES256', 'EdDSA', 'RS256'] as const) {
  t.test(`a client signs for itself with ${alg} (RFC 7523)`, async t => {
    const signer = newSigner('scanner', alg)
    const { token, post, call } = await startSigned(t, [signer])
    const { status, body } = await token({ ...itself, ...asserted(signer.assert({ aud })) })
    t.match({ status, scope: body.scope }, { status: 200, scope: 'datasets:read' })
    t.equal((await call('GET', '/v1/scans', { token: body.access_token })).status, 200)
    t.equal((await token({ ...itself, client_id: 'scanner', ...asserted(signer.assert({ aud }, { typ: 'client-authentication+jwt' })) })).status, 200, 'it may name itself besides')
    t.match(await post('introspect', { token: body.access_token, ...asserted(signer.assert({ aud })) }), { status: 200, body: { active: true, client_id: 'scanner' } })
    const { body: pair } = await token({ grant_type: 'password', username: 'ada', password: PASSWORD, ...asserted(signer.assert({ aud })) })
    const { body: next } = await token({ grant_type: 'refresh_token', refresh_token: pair.refresh_token, ...asserted(signer.assert({ aud })) })
    t.equal((await post('revoke', { token: next.access_token, ...asserted(signer.assert({ aud })) })).status, 200)
    t.equal((await call('GET', '/v1/users/me', { token: next.access_token })).status, 401)
  })
}

t.test('an assertion is good once, on all replicas', async t => {
  const signer = newSigner('scanner')
  const shared = { REDIS_PREFIX: ownPrefix(), JWT_SECRET_KEY: `base64:${Buffer.alloc(64, 7).toString('base64')}`, ISSUER: aud, OAUTH_CLIENTS: JSON.stringify([{ client_id: 'scanner', jwks: { keys: [signer.jwk] }, ...rights }]) }
  const one = await startOAuth(t, shared)
  const other = await start(t, shared)
  const form = new URLSearchParams({ ...itself, ...asserted(signer.assert({ aud })) }).toString()
  const answers = await Promise.all([one, other, one, other].map(({ call }) => call('POST', '/oauth/token', { body: form })))
  t.strictSame(answers.map(({ status }) => status).sort(), [200, 401, 401, 401])
  one.clock.advance(58)
  isRefused(t, await one.call('POST', '/oauth/token', { body: form }), 'was used before', 'nor later')
  one.clock.advance(5)
  isRefused(t, await one.call('POST', '/oauth/token', { body: form }), 'has expired', 'until it has expired')
})

t.test('an assertion that is not quite right is refused, and says why to who has the key', async t => {
  const signer = newSigner('scanner', 'ES256', 'first')
  const { token } = await startSigned(t, [signer], [newClient('other', { grant_types: ['password'], scope: 'profile' }).entry])
  const ask = (assertion: string, more: Record<string, string> = {}): Promise<Answer> => token({ ...itself, ...asserted(assertion), ...more })
  const now = Math.floor(Date.now() / 1000)
  const signed: Record<string, [claims: Record<string, unknown>, why: string]> = {
    'another issuer': [{ iss: 'other' }, 'is not of the client'],
    'another audience': [{ aud: 'https://elsewhere.example' }, 'is not for the issuer'],
    'the endpoint as the audience': [{ aud: `${aud}/oauth/token` }, 'is not for the issuer'],
    'several audiences': [{ aud: [aud, 'https://elsewhere.example'] }, 'is not for the issuer'],
    'no audience': [{ aud: undefined }, 'is not for the issuer'],
    expired: [{ exp: now - 3 }, 'has expired'],
    'no expiry': [{ exp: undefined }, 'has expired'],
    'an expiry as text': [{ exp: String(now + 60) }, 'has expired'],
    'for ever': [{ exp: now + 86_400 }, 'expires later than in 3600 seconds'],
    'not yet': [{ nbf: now + 30 }, 'is not good yet'],
    'from the future': [{ iat: now + 30 }, 'is not good yet'],
    'no jti': [{ jti: undefined }, 'has no jti'],
    'a jti that is too long': [{ jti: 'x'.repeat(257) }, 'has no jti']
  }
  for (const [name, [claims, why]] of Object.entries(signed)) isRefused(t, await ask(signer.assert({ aud, ...claims })), `/client_assertion ${why}`, name)

  const good = signer.assert({ aud })
  const unsigned: Record<string, string> = {
    'another key': newSigner('scanner').assert({ aud }),
    'another key of that name': newSigner('scanner', 'ES256', 'first').assert({ aud }),
    'another name of the key': signer.assert({ aud }, { kid: 'second' }),
    'another algorithm': signer.assert({ aud }, { alg: 'RS256' }),
    'no algorithm': `${signer.assert({ aud }, { alg: 'none' }).split('.').slice(0, 2).join('.')}.`,
    'a proof of possession': signer.assert({ aud }, { typ: 'dpop+jwt' }),
    'other claims': good.replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify({ iss: 'scanner', sub: 'scanner', aud, exp: now + 60, jti: 'x' })).toString('base64url')}.`)
  }
  for (const [name, assertion] of Object.entries(unsigned)) isRefused(t, await ask(assertion), 'is not signed by a key of the client', name)

  const strange: Record<string, Promise<Answer>> = {
    'no JWT': ask('nonsense'),
    'too long': ask(`${good}${'A'.repeat(9000)}`),
    'a client that there is not': ask(newSigner('stranger').assert({ aud })),
    'our own client': ask(signer.assert({ aud, iss: 'guardcell', sub: 'guardcell' })),
    'a client with a secret': ask(signer.assert({ aud, iss: robot.id, sub: robot.id })),
    'another client in the form': ask(signer.assert({ aud }), { client_id: 'other' }),
    'another type': token({ ...itself, client_assertion: signer.assert({ aud }), client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }),
    'no type': token({ ...itself, client_assertion: signer.assert({ aud }) }),
    'no assertion': token({ ...itself, client_assertion_type: asserted('').client_assertion_type! }),
    'its name alone': token({ ...itself, client_id: 'scanner' }),
    'a secret': token(itself, basic('scanner', robot.secret))
  }
  for (const [name, answer] of Object.entries(strange)) isRefused(t, await answer, 'The client is not known', name)
  const registered = (await ask(unsigned['another key']!)).body
  for (const name of ['no JWT', 'a client that there is not', 'our own client', 'a client with a secret']) t.strictSame((await strange[name]!).body, registered, `${name}: which clients there are is not told`)
  t.equal((await ask(good)).status, 200, 'none of that has used up the good one')
})

t.test('an assertion beside a secret is an invalid request', async t => {
  const signer = newSigner('scanner')
  const { token } = await startSigned(t, [signer])
  const form = { ...itself, ...asserted(signer.assert({ aud })) }
  t.match(await token({ ...form, client_secret: robot.secret }), { status: 400, body: { error: 'invalid_request' } })
  t.match(await token(form, basic('scanner', robot.secret)), { status: 400, body: { error: 'invalid_request' } })
})

t.test('a client may have several keys, so that one can follow the other', async t => {
  const [former, next] = [newSigner('scanner', 'ES256', 'former'), newSigner('scanner', 'EdDSA', 'next')]
  const { token } = await startSigned(t, [former, next])
  for (const signer of [former, next]) t.equal((await token({ ...itself, ...asserted(signer.assert({ aud })) })).status, 200)
})
