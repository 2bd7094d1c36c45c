import { createLocalJWKSet, jwtVerify } from 'jose'
import { createHmac, type KeyObject } from 'node:crypto'
import t, { type Test } from 'tap'
import { claimsIn, inBothFormats, newKey, ownPrefix, start, type Running } from '../support/app.js'
import { newSecret } from '../support/pairing.js'
import { startReplicas } from '../support/replicas.js'

const asymmetric = ['EdDSA', 'ES256', 'RS256'] as const

const headerOf = (token: string): Record<string, string> => JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString())
const jwksOf = async ({ call }: Running) => await call('GET', '/.well-known/jwks.json')
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** As another service would, with a library that is not ours. */
async function verifiedElsewhere (running: Running, token: string): Promise<boolean> {
  try {
    const { alg } = headerOf(token)
    await jwtVerify(token, createLocalJWKSet((await jwksOf(running)).body), { typ: 'at+jwt', issuer: running.app.keys.issuer, audience: 'guardcell', algorithms: [alg!], currentDate: new Date(Date.now() + running.clock.skew()) })
    return true
  } catch {
    return false
  }
}

t.test('with HS512 nothing is published', async t => {
  const { body, headers } = await jwksOf(await start(t))
  t.strictSame(body, { keys: [] })
  t.match(headers['content-type'], /^application\/jwk-set\+json/)
})

for (const alg of asymmetric) {
  t.test(`access tokens of ${alg} can be verified elsewhere, refresh and API tokens are ours`, async t => {
    const running = await start(t, { SIGNING_ALG: alg })
    const { login, refresh, call } = running
    const pair = await login('admin')
    t.match(headerOf(pair.access_token), { alg, typ: 'at+jwt', kid: running.app.keys.current.kid })
    t.equal(await verifiedElsewhere(running, pair.access_token), true)
    t.equal((await call('GET', '/v1/users/me', { token: pair.access_token })).status, 200)
    t.match(headerOf(pair.refresh_token), { alg: 'HS512', typ: 'rt+jwt' })
    const { body: renewed } = await refresh(pair.refresh_token, newKey())
    t.equal(await verifiedElsewhere(running, renewed.access_token), true)
    const { body: { token } } = await call('POST', '/v1/api-tokens', { token: pair.access_token, body: { name: 'camera', datasets: { '*': ['read'] } } })
    t.match(headerOf(token), { alg: 'HS512', typ: 'api+jwt' })
    t.equal((await call('GET', '/v1/scans', { token })).status, 200)
    const { keys: [jwk] } = (await jwksOf(running)).body
    t.strictSame(Object.keys(jwk).filter(name => ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'].includes(name)), [], 'nothing private is published')
  })

  t.test(`a ${alg} token is good for nothing once anything about it is another`, async t => {
    const running = await start(t, { SIGNING_ALG: alg })
    const { access_token: good } = await running.login('admin')
    const [head, body, tail] = good.split('.') as [string, string, string]
    const key = running.app.keys.current
    const jwk = (await jwksOf(running)).body.keys[0]
    const hmac = (header: object, secret: string | Buffer): string => {
      const input = `${encode({ ...headerOf(good), ...header })}.${body}`
      return `${input}.${createHmac('sha512', secret).update(input).digest('base64url')}`
    }
    const wrong: Record<string, string> = {
      'HS512 with the public key in PEM': hmac({ alg: 'HS512' }, (key.access!.verify as KeyObject).export({ type: 'spki', format: 'pem' })),
      'HS512 with the public key in DER': hmac({ alg: 'HS512' }, (key.access!.verify as KeyObject).export({ type: 'spki', format: 'der' })),
      'HS512 with the published JWK': hmac({ alg: 'HS512' }, JSON.stringify(jwk)),
      'HS512 with the secret of the same key, for refresh tokens': hmac({ alg: 'HS512' }, key.secret),
      'no signature': `${encode({ ...headerOf(good), alg: 'none' })}.${body}.`,
      'the name of another algorithm': `${encode({ ...headerOf(good), alg: asymmetric.find(other => other !== alg) })}.${body}.${tail}`,
      'a key of its own': `${encode({ ...headerOf(good), jwk })}.${body}.${tail}`,
      'other claims': `${head}.${encode({ ...claimsIn(good), scope: 'keys' })}.${tail}`
    }
    for (const [what, token] of Object.entries(wrong)) {
      t.match(await running.call('GET', '/v1/users/me', { token }), { status: 401, body: { code: 'access_token_invalid' } }, what)
    }
    const refresh = `${encode({ ...headerOf(good), typ: 'rt+jwt' })}.${body}.${tail}`
    t.match((await running.refresh(refresh)).body, { code: 'refresh_token_invalid' }, 'nor is it a refresh token')
  })
}

inBothFormats(t, 'another algorithm takes effect after the overlap, and what was signed with the former one stays good', async (t, env) => {
  const shared = { ...env, REDIS_PREFIX: ownPrefix(), JWT_SECRET_KEY: newSecret() }
  const before = await start(t, shared)
  const pair = await before.login('admin')
  const after = await start(t, { ...shared, SIGNING_ALG: 'ES256' })
  const advance = (seconds: number): void => { for (const { clock } of [before, after]) clock.advance(seconds) }
  const algorithmOf = async (running: Running): Promise<string> => {
    await running.login('admin')
    return running.app.keys.current.alg
  }
  t.equal(await algorithmOf(after), 'HS512')
  t.equal((await jwksOf(after)).body.keys.length, 1, 'its public key is known before it signs')
  await before.app.keys.tend()
  advance(301)
  t.strictSame([await algorithmOf(after), await algorithmOf(before)], ['ES256', 'ES256'], 'on all replicas')
  for (const { call } of [before, after]) t.equal((await call('GET', '/v1/users/me', { token: pair.access_token })).status, 200)
  const { status, body } = await before.refresh(pair.refresh_token, newKey())
  t.equal(status, 200)
  t.equal((await after.call('GET', '/v1/users/me', { token: body.access_token })).status, 200)
  await before.app.keys.tend()
  await after.app.keys.tend()
  t.strictSame((await after.app.keys.list()).map(({ alg }) => alg), ['ES256', 'HS512'], 'and they do not go back and forth')
})

t.test('a public key is published before it signs and until its last access token has expired', async t => {
  const { replicas: [running], advance } = await startReplicas(t, 1, { SIGNING_ALG: 'EdDSA' })
  const { login, app } = running!
  const kids = async () => (await jwksOf(running!)).body.keys.map(({ kid }: { kid: string }) => kid)
  const first = app.keys.current.kid
  const { kid } = await app.keys.rotate()
  t.strictSame(await kids(), [first, kid])
  advance(300 + 890)
  const { access_token: token } = await login('admin')
  await app.keys.tend()
  t.strictSame(await kids(), [first, kid])
  advance(100)
  await app.keys.tend()
  t.strictSame(await kids(), [kid])
  t.equal((await app.keys.list()).length, 2, 'though its refresh tokens are still good')
  t.equal(await verifiedElsewhere(running!, token), true)
})

t.test('the keys may be remembered, but not longer than a new one is known before it signs', async (t: Test) => {
  const running = await start(t, { SIGNING_ALG: 'EdDSA' })
  const { headers } = await jwksOf(running)
  t.equal(headers['cache-control'], 'public, max-age=290')
  const again = async () => await running.call('GET', '/.well-known/jwks.json', { headers: { 'if-none-match': String(headers.etag) } })
  t.match(await again(), { status: 304, body: '', headers: { etag: headers.etag } })
  await running.app.keys.rotate()
  t.equal((await again()).status, 200)
})
