import type { FastifyInstance } from 'fastify'
import { createHmac } from 'node:crypto'
import t from 'tap'
import { claimsIn, start } from '../support/app.js'

type Parts = Record<string, unknown>

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')

const headerOf = (token: string): Parts => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as Parts

/** Whatever a caller says, under the service's own key. */
function sign (app: FastifyInstance, header: unknown, claims: unknown, hash = 'sha512'): string {
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${createHmac(hash, app.keys.current.secret).update(input).digest('base64url')}`
}

const without = (parts: Parts, name: string): Parts => Object.fromEntries(Object.entries(parts).filter(([key]) => key !== name))

/** Every way in which a token is not quite one of ours. */
function forgeries (app: FastifyInstance, token: string): Record<string, string> {
  const [header, claims] = [headerOf(token), claimsIn(token)]
  const [head = '', body = '', signature = ''] = token.split('.')
  const required = ['iss', 'aud', 'sub', 'exp', 'iat', 'jti', 'type', 'sid', 'gen', 'auth_time', 'scope']
  return {
    'no signature': `${head}.${body}.`,
    'two parts': `${head}.${body}`,
    'four parts': `${token}.`,
    'the signature of something else': `${head}.${encode({ ...claims, sub: 'somebody-else' })}.${signature}`,
    'alg none': `${encode({ ...header, alg: 'none' })}.${body}.`,
    'alg HS256 under the same key': sign(app, { ...header, alg: 'HS256' }, claims, 'sha256'),
    'another alg than it was signed with': sign(app, { ...header, alg: 'HS256' }, claims),
    'an extension that must be understood': sign(app, { ...header, crit: ['b64'], b64: true }, claims),
    'a key that it brings along': sign(app, { ...header, jwk: { kty: 'oct', k: 'AAAA' } }, claims),
    'a place to fetch a key from': sign(app, { ...header, jku: 'https://elsewhere.example/jwks.json' }, claims),
    'a certificate': sign(app, { ...header, x5c: ['MIIB'] }, claims),
    'a binding to nothing': sign(app, header, { ...claims, cnf: { jkt: '' } }),
    'a binding of another kind': sign(app, header, { ...claims, cnf: { 'x5t#S256': 'x' } }),
    'another key id': sign(app, { ...header, kid: 'nobodys' }, claims),
    'another type of token in the header': sign(app, { ...header, typ: 'JWT' }, claims),
    'an unknown type': sign(app, header, { ...claims, type: 'session' }),
    'type of a prototype': sign(app, header, { ...claims, type: '__proto__' }),
    'another issuer': sign(app, header, { ...claims, iss: 'https://elsewhere.example' }),
    'another audience': sign(app, header, { ...claims, aud: 'somebody-else' }),
    'exp as text': sign(app, header, { ...claims, exp: '9999999999' }),
    'sub as a list': sign(app, header, { ...claims, sub: ['a'] }),
    'a negative generation': sign(app, header, { ...claims, gen: -1 }),
    'claims that are null': sign(app, header, null),
    'claims that are a list': sign(app, header, []),
    'no JSON': `${head}.${Buffer.from('{').toString('base64url')}.${signature}`,
    ...Object.fromEntries(required.map(name => [`no ${name}`, sign(app, header, without(claims, name))]))
  }
}

t.test('an access token that is not quite one is refused, and never breaks anything', async t => {
  const { app, call, login } = await start(t)
  const { access_token: token } = await login('admin')
  t.equal((await call('GET', '/v1/users/me', { token: sign(app, headerOf(token), claimsIn(token)) })).status, 200, 'made the same way it would be accepted')
  for (const [fault, forged] of Object.entries(forgeries(app, token))) {
    t.match(await call('GET', '/v1/users/me', { token: forged }), { status: 401, body: { code: 'access_token_invalid' } }, fault)
  }
  t.equal((await call('GET', '/v1/users/me', { token })).status, 200)
})

t.test('a refresh token that is not quite one is refused, and costs nobody a session', async t => {
  const { app, call, login, refresh } = await start(t)
  const { refresh_token: token } = await login('admin')
  for (const [fault, forged] of Object.entries(forgeries(app, token))) {
    t.match(await refresh(forged), { status: 401, body: { code: 'refresh_token_invalid' } }, fault)
    t.match(await call('POST', '/oauth/token', { body: `grant_type=refresh_token&refresh_token=${forged}` }), { status: 400, body: { error: 'invalid_grant' } }, fault)
  }
  t.equal((await refresh(sign(app, headerOf(token), claimsIn(token)))).status, 200, 'made the same way it would be accepted')
})

t.test('a token that is not valid yet is refused', async t => {
  const { app, call, login } = await start(t)
  const { access_token: token } = await login('admin')
  const claims = claimsIn(token)
  const later = claims.iat + 60
  for (const changed of [{ iat: later }, { nbf: later }]) {
    t.match(await call('GET', '/v1/users/me', { token: sign(app, headerOf(token), { ...claims, ...changed }) }), { status: 401, body: { code: 'access_token_invalid' } })
  }
  t.equal((await call('GET', '/v1/users/me', { token: sign(app, headerOf(token), { ...claims, nbf: claims.iat }) })).status, 200)
})
