import t from 'tap'
import { sealOpaque } from '#lib/tokens/opaque.js'
import { inBothFormats, newKey, ownPrefix, PASSWORD, start, type Running } from '../support/app.js'

const seen = async ({ call }: Running, token: string): Promise<unknown> => {
  const { status, body } = await call('GET', '/v1/users/me', { token })
  return status === 200 ? 200 : `${status} ${body.code}`
}
const form = ({ call }: Running, url: string, fields: Record<string, string>) => call('POST', url, { body: new URLSearchParams(fields).toString() })

t.test('opaque access tokens', async t => {
  const running = await start(t, { ACCESS_TOKEN_FORMAT: 'opaque' })
  const { call, login, refresh, clock, createUser } = running
  await createUser('ada')

  await t.test('are told from others by their prefix, and everything that gives tokens gives them', async t => {
    const pair = await login('admin')
    const oauth = await form(running, '/oauth/token', { grant_type: 'password', username: 'admin', password: PASSWORD })
    const dialect = await call('POST', '/login', { body: { username: 'admin', password: PASSWORD } })
    for (const { access_token: token } of [pair, oauth.body, dialect.body]) {
      t.match(token, /^gca_[\w-]+\.[\w-]+$/)
      t.ok(token.length < 600, `${token.length} characters`)
      t.equal(await seen(running, token), 200)
    }
    t.match(pair.refresh_token, /^eyJ/, 'a refresh token is for us alone, in any format')
  })

  await t.test('survive a refresh until they expire, so that calls under way do', async t => {
    const pair = await login('ada')
    const next = (await refresh(pair.refresh_token)).body
    const last = (await refresh(next.refresh_token)).body
    for (const { access_token: token } of [pair, next, last]) t.equal(await seen(running, token), 200)
    clock.advance(903)
    t.equal(await seen(running, pair.access_token), '401 access_token_expired')
  })

  await t.test('carry the scope that they were given, whatever others of the session have', async t => {
    const pair = await login('admin')
    const narrow = (await refresh(pair.refresh_token, undefined, { scope: 'profile' })).body
    const wide = (await refresh(narrow.refresh_token)).body
    const lists = async ({ access_token: token }: { access_token: string }) => (await call('GET', '/v1/users', { token })).status
    t.strictSame([await lists(pair), await lists(narrow), await lists(wide)], [200, 403, 200])
    t.equal(await seen(running, narrow.access_token), 200)
  })

  await t.test('are the same when an answer is repeated', async t => {
    const { refresh_token: token } = await login('ada')
    const key = newKey()
    const answers = await Promise.all([1, 2, 3].map(() => refresh(token, key)))
    t.equal(new Set(answers.map(({ body }) => body.access_token)).size, 1)
  })

  await t.test('that are not quite right are refused, and break nothing', async t => {
    const { access_token: token } = await login('ada')
    const [head = '', body = ''] = token.split('.')
    const flipped = (at: number): string => {
      const bytes = Buffer.from(body, 'base64url')
      bytes[at]! ^= 1
      return `${head}.${bytes.toString('base64url')}`
    }
    const forged = [
      'gca_', 'gca_.', `${head}.`, head, token.slice(0, -1), token.slice(0, 60), `${token}A`, `${token}.`, `${token}=`, token.replace('gca_', 'gcb_'), token.toUpperCase(),
      `gca_nobodys.${body}`, `gca___proto__.${body}`, `gca_${'A'.repeat(9_000)}`, `${head}.${'A'.repeat(6_000)}`, `${head}.${body}${body}`,
      ...[0, 15, 31, 32, 40].map(flipped)
    ]
    for (const bad of forged) t.equal(await seen(running, bad), '401 access_token_invalid', bad.slice(0, 80))
    t.match(await refresh(token), { status: 401, body: { code: 'refresh_token_invalid' } })
    t.equal(await seen(running, token), 200, 'the session was not touched')
  })

  await t.test('with claims that are missing or malformed are refused, even under the right key', async t => {
    const { app } = running
    const { access_token: token } = await login('ada')
    const { iss, aud, type: _, ...claims } = app.codec.verify('access', token)
    const seal = (claims: object) => sealOpaque(claims as Record<string, unknown>, app.keys.current, [iss, aud])
    t.equal(await seen(running, seal(claims)), 200, 'made the same way it would be accepted')
    for (const name of Object.keys(claims).filter(name => name !== 'fresh')) t.equal(await seen(running, seal({ ...claims, [name]: undefined })), '401 access_token_invalid', `no ${name}`)
    const malformed = { exp: '9999999999', iat: -1, sub: ['a'], sid: '', gen: 0.5, scope: null, auth_time: {}, fresh: 'yes', type: 'refresh', iss: 'https://elsewhere.example', aud: 'others' }
    for (const [name, value] of Object.entries(malformed)) t.equal(await seen(running, seal({ ...claims, [name]: value })), '401 access_token_invalid', name)
    for (const change of [{ iat: claims.iat + 60 }, { nbf: claims.iat + 60 }]) t.equal(await seen(running, seal({ ...claims, ...change })), '401 access_token_invalid', 'not yet')
    t.equal(await seen(running, seal({ ...claims, exp: claims.iat - 60, iat: claims.iat - 120 })), '401 access_token_expired')
  })

  await t.test('end their session by logout, by revocation and in PlantDB\'s words', async t => {
    const signIn = async (): Promise<string> => (await login('ada')).access_token
    const [one, two, three] = [await signIn(), await signIn(), await signIn()]
    t.match(await call('POST', '/token-validation', { headers: { authorization: one } }), { status: 200, body: { user: { username: 'ada' } } })
    t.equal((await call('POST', '/v1/auth/logout', { token: one })).status, 204)
    t.equal((await form(running, '/oauth/revoke', { token: two, token_type_hint: 'access_token' })).status, 200)
    t.equal((await call('POST', '/logout', { token: three })).status, 200)
    for (const token of [one, two, three]) t.equal(await seen(running, token), '401 session_ended')
    t.equal((await call('POST', '/v1/auth/logout', { token: one })).status, 204, 'and a repeated logout does not fail')
    t.equal((await form(running, '/oauth/revoke', { token: 'gca_nonsense' })).status, 200)
  })
})

t.test('another ACCESS_TOKEN_FORMAT logs nobody out, also while replicas differ in it', async t => {
  const shared = { REDIS_PREFIX: ownPrefix(), JWT_SECRET_KEY: `base64:${Buffer.alloc(64, 9).toString('base64')}` }
  const jwt = await start(t, shared)
  const opaque = await start(t, { ...shared, ACCESS_TOKEN_FORMAT: 'opaque' })
  const foreign = await start(t, { ...shared, ACCESS_TOKEN_FORMAT: 'opaque', AUDIENCE: 'others' })
  for (const [one, other] of [[jwt, opaque], [opaque, jwt]] as const) {
    const pair = await one.login('admin')
    t.equal(await seen(other, pair.access_token), 200)
    const key = newKey()
    const next = (await other.refresh(pair.refresh_token, key)).body
    t.not(next.access_token.slice(0, 3), pair.access_token.slice(0, 3))
    const repeated = (await one.refresh(pair.refresh_token, key)).body
    t.equal(repeated.refresh_token, next.refresh_token)
    for (const { access_token: token } of [pair, next, repeated]) for (const app of [one, other]) t.equal(await seen(app, token), 200)
    for (const { access_token: token } of [pair, next]) t.equal(await seen(foreign, token), '401 access_token_invalid', 'another audience')
  }
})

inBothFormats(t, 'REVOKE_PREVIOUS_ACCESS=on', async (t, env) => {
  const running = await start(t, { ...env, REVOKE_PREVIOUS_ACCESS: 'on' })
  const { login, refresh, call } = running

  await t.test('a refresh ends the access token that came before it, and no other', async t => {
    const [pair, elsewhere] = [await login('admin'), await login('admin')]
    t.equal(await seen(running, pair.access_token), 200)
    const next = (await refresh(pair.refresh_token)).body
    t.equal(await seen(running, pair.access_token), '401 access_token_replaced')
    t.match((await call('GET', '/v1/users/me', { token: pair.access_token })).headers['www-authenticate'], /error="invalid_token"/)
    t.equal(await seen(running, next.access_token), 200)
    t.equal(await seen(running, elsewhere.access_token), 200)
  })

  await t.test('a repeated answer ends nothing', async t => {
    const { refresh_token: token } = await login('admin')
    const key = newKey()
    const [first, again] = [(await refresh(token, key)).body, (await refresh(token, key)).body]
    for (const { access_token: token } of [first, again]) t.equal(await seen(running, token), 200)
  })

  await t.test('an old access token still ends its own session, but no other', async t => {
    const pair = await login('admin')
    const next = (await refresh(pair.refresh_token)).body
    t.match(await call('POST', '/v1/auth/logout', { token: pair.access_token, body: { sessions: 'all' } }), { status: 401, body: { code: 'access_token_replaced' } })
    t.equal(await seen(running, next.access_token), 200)
    t.equal((await call('POST', '/v1/auth/logout', { token: pair.access_token })).status, 204)
    t.equal(await seen(running, next.access_token), '401 session_ended')
  })
})
