import { createHmac } from 'node:crypto'
import t from 'tap'
import { claimsIn, start, type Running } from '../../support/app.js'

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Forges tokens with the service's own key, so that nothing but the claim in question is wrong. */
const forger = ({ app }: Running) => (header: Record<string, unknown>, payload: unknown, hash = 'sha512'): string => {
  const input = `${encode({ alg: 'HS512', kid: app.keys.current.kid, ...header })}.${encode(payload)}`
  return `${input}.${createHmac(hash, app.keys.current.secret).update(input).digest('base64url')}`
}

t.test('a forged copy of a good token is good, so that the refusals below mean something', async t => {
  const running = await start(t)
  const pair = await running.login('admin')
  const forge = forger(running)
  t.equal((await running.call('GET', '/v1/users/me', { token: forge({ typ: 'at+jwt' }, claimsIn(pair.access_token)) })).status, 200)
  t.equal((await running.refresh(forge({ typ: 'rt+jwt' }, claimsIn(pair.refresh_token)))).status, 200)
})

t.test('tokens with anything wrong are refused with 401, never 500', async t => {
  const running = await start(t)
  const pair = await running.login('admin')
  const forge = forger(running)
  const access = claimsIn(pair.access_token)
  const refresh = claimsIn(pair.refresh_token)
  const without = (claims: object, name: string): object => Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name))

  const wrong: Array<[string, string, string]> = [
    ...Object.keys(access).filter(name => name !== 'fresh').map((name): [string, string, string] => [`without ${name}`, forge({ typ: 'at+jwt' }, without(access, name)), forge({ typ: 'rt+jwt' }, without(refresh, name === 'username' ? 'rot' : name))]),
    ...([['exp', '9999999999'], ['exp', -1], ['exp', 1.5], ['iat', 'now'], ['nbf', []], ['sub', ''], ['sub', 5], ['sid', {}], ['jti', null], ['gen', -1], ['gen', 0.5], ['scope', ['users']], ['iss', 'http://elsewhere'], ['aud', 'another'], ['aud', ['guardcell']], ['type', 'api'], ['type', 'Access'], ['sub', 'x'.repeat(300)]] as const)
      .map(([name, value]): [string, string, string] => [`${name} ${JSON.stringify(value).slice(0, 20)}`, forge({ typ: 'at+jwt' }, { ...access, [name]: value }), forge({ typ: 'rt+jwt' }, { ...refresh, [name]: value })]),
    ['a list as payload', forge({ typ: 'at+jwt' }, [access]), forge({ typ: 'rt+jwt' }, [refresh])],
    ['a string as payload', forge({ typ: 'at+jwt' }, 'access'), forge({ typ: 'rt+jwt' }, 'refresh')],
    ['alg none', forge({ typ: 'at+jwt', alg: 'none' }, access), `${encode({ alg: 'none', typ: 'rt+jwt' })}.${encode(refresh)}.`],
    ['alg HS256', forge({ typ: 'at+jwt', alg: 'HS256' }, access, 'sha256'), forge({ typ: 'rt+jwt', alg: 'HS384' }, refresh, 'sha384')],
    ['crit', forge({ typ: 'at+jwt', crit: ['x'], x: 1 }, access), forge({ typ: 'rt+jwt', crit: ['x'], x: 1 }, refresh)],
    ['another kid', forge({ typ: 'at+jwt', kid: 'k' }, access), forge({ typ: 'rt+jwt', kid: 5 }, refresh)],
    ['no kid', forge({ typ: 'at+jwt', kid: undefined }, access), forge({ typ: 'rt+jwt', kid: undefined }, refresh)],
    ['the typ of the other kind', forge({ typ: 'rt+jwt' }, access), forge({ typ: 'at+jwt' }, refresh)],
    ['typ JWT', forge({ typ: 'JWT' }, access), forge({ typ: undefined }, refresh)],
    ['the claims of the other kind', forge({ typ: 'at+jwt' }, refresh), forge({ typ: 'rt+jwt' }, access)],
    ['oversized', forge({ typ: 'at+jwt' }, { ...access, pad: 'x'.repeat(8_000) }), forge({ typ: 'rt+jwt' }, { ...refresh, pad: 'x'.repeat(8_000) })]
  ]
  for (const [name, asBearer, atRefresh] of wrong) {
    t.match(await running.call('GET', '/v1/users/me', { token: asBearer }), { status: 401, body: { code: 'access_token_invalid' } }, `bearer: ${name}`)
    t.match(await running.refresh(atRefresh), { status: 401, body: { code: 'refresh_token_invalid' } }, `refresh: ${name}`)
  }
  t.equal((await running.refresh(pair.refresh_token)).status, 200, 'and none of it touched the session')
})

t.test('clocks may differ by the leeway and no more', async t => {
  const running = await start(t, { JWT_LEEWAY: '5', SESSION_TIMEOUT: '60' })
  const forge = forger(running)
  const access = claimsIn((await running.login('admin')).access_token)
  const status = async (claim: 'exp' | 'iat' | 'nbf', seconds: number) => {
    const token = forge({ typ: 'at+jwt' }, { ...access, [claim]: Math.floor(Date.now() / 1000) + seconds })
    return (await running.call('GET', '/v1/users/me', { token })).body.code ?? 200
  }
  t.equal(await status('exp', -3), 200)
  t.equal(await status('exp', -7), 'access_token_expired')
  t.equal(await status('iat', 3), 200)
  t.equal(await status('iat', 30), 'access_token_invalid')
  t.equal(await status('nbf', 30), 'access_token_invalid')
})

t.test('an expired token is not remembered as good', async t => {
  const { call, clock, login } = await start(t)
  const { access_token: token } = await login('admin')
  t.equal((await call('GET', '/v1/users/me', { token })).status, 200)
  clock.advance(903)
  t.match(await call('GET', '/v1/users/me', { token }), { status: 401, body: { code: 'access_token_expired' } })
})

t.test('tokens say what kind they are and which key signed them', async t => {
  const { app, login } = await start(t)
  const pair = await login('admin')
  const header = (token: string) => JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString())
  t.strictSame(header(pair.access_token), { alg: 'HS512', typ: 'at+jwt', kid: app.keys.current.kid })
  t.strictSame(header(pair.refresh_token), { alg: 'HS512', typ: 'rt+jwt', kid: app.keys.current.kid })
  t.match(claimsIn(pair.access_token), { iss: 'http://localhost:8080', aud: 'guardcell', type: 'access', gen: 0, fresh: true, username: 'admin', sub: pair.user.id, sid: pair.session_id })
})
