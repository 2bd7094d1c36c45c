import { createHmac } from 'node:crypto'
import t, { type Test } from 'tap'
import { claimsIn, inBothFormats, newKey, ownPrefix, PASSWORD, start, type Answer, type Running } from '../support/app.js'
import { begin, listen } from '../support/raw-http.js'
import { basic, robot, startOAuth } from '../support/oauth.js'
import { HERE, newHolder, type Twist } from '../support/dpop.js'

const ME = '/v1/users/me'

const startWithAda = async (t: Test, env: Record<string, string> = {}): Promise<Running> => {
  const running = await start(t, env)
  await running.createUser('ada', { roles: ['contributor'] })
  return running
}

const services = new Map<string, Promise<Running>>()
/** A holder of a key who has signed in, to a service that other tests use as well. */
const setUp = async (env: Record<string, string> = {}) => {
  const name = JSON.stringify(env)
  const service = services.get(name) ?? startWithAda(t, env)
  services.set(name, service)
  const running = await service
  const holder = newHolder(running)
  const { status, body: pair } = await holder.login('ada', PASSWORD)
  if (status !== 200) throw new Error(JSON.stringify(pair))
  return { ...running, holder, pair, me: (token = pair.access_token) => holder.call('GET', ME, token) }
}

const challenge = (error: string): RegExp => new RegExp(`^DPoP error="${error}", error_description="[^"]+", algs="ES256 EdDSA Ed25519 RS256"$`)

/** A refusal as it must be, whoever asked. */
const refused = (t: Test, answer: Answer, code: string, error: string, name: string): void => {
  t.match(answer, { status: 401, body: { code }, headers: { 'www-authenticate': challenge(error), 'cache-control': 'no-store' } }, name)
}

const asBearer = ({ call }: Pick<Running, 'call'>, token: string, url = ME, method = 'GET') => call(method, url, { token })

inBothFormats(t, 'a login with a proof binds both tokens to its key, and so does every refresh', async (t, env) => {
  const { app, holder, pair, me, clock, call } = await setUp(env)
  t.equal(pair.token_type, 'DPoP')
  t.match(app.codec.verify('access', pair.access_token), { cnf: { jkt: holder.jkt } })
  t.strictSame(claimsIn(pair.refresh_token).cnf, { jkt: holder.jkt })
  t.match(await me(), { status: 200, body: { username: 'ada' } })

  const { status, body: next } = await holder.refresh(pair.refresh_token)
  t.equal(status, 200)
  t.match(next, { token_type: 'DPoP', session_id: pair.session_id })
  t.match(app.codec.verify('access', next.access_token), { cnf: { jkt: holder.jkt } })
  t.strictSame(claimsIn(next.refresh_token).cnf, { jkt: holder.jkt })
  t.equal((await me(next.access_token)).status, 200)
  clock.advance(1000)
  t.match(await me(next.access_token), { status: 401, body: { code: 'access_token_expired' }, headers: { 'www-authenticate': challenge('invalid_token') } })

  const sessions = (await call('GET', '/v1/sessions', { token: (await call('POST', '/v1/auth/login', { body: { username: 'ada', password: PASSWORD } })).body.access_token })).body.items
  t.strictSame(sessions.map((session: { transport: string }) => session.transport).sort(), ['bearer', 'dpop'])
})

t.test('reauthenticating keeps the binding, in GET and POST the proof is asked for', async t => {
  const running = await setUp()
  const { app, holder, pair } = running
  const { status, body } = await holder.call('POST', '/v1/auth/reauthenticate', pair.access_token, { body: { password: PASSWORD } })
  t.equal(status, 200)
  t.equal(body.token_type, 'DPoP')
  t.match(app.codec.verify('access', body.access_token), { cnf: { jkt: holder.jkt } })
  refused(t, await running.call('POST', '/v1/auth/reauthenticate', { token: pair.access_token, body: { password: PASSWORD } }), 'access_token_bound', 'invalid_token', 'without the proof')
})

t.test('the token endpoint binds its tokens, and refuses in the words of OAuth', async t => {
  const running = await setUp()
  const { app, holder, call } = running
  const form = { grant_type: 'password', username: 'ada', password: PASSWORD }
  const text = (fields: object): string => new URLSearchParams(fields as Record<string, string>).toString()
  const pair = (await holder.ask('/oauth/token', text(form))).body
  t.equal(pair.token_type, 'DPoP')
  t.match(app.codec.verify('access', pair.access_token), { cnf: { jkt: holder.jkt } })
  const spend = { grant_type: 'refresh_token', refresh_token: pair.refresh_token }
  const proof = holder.prove('POST', '/oauth/token')
  const bad: Array<[string, object, Record<string, string>]> = [
    ['a bad proof', form, { dpop: 'nonsense' }],
    ['no proof', spend, {}],
    ['a proof by another key', spend, { dpop: newHolder(running).prove('POST', '/oauth/token') }],
    ['a proof for another route', spend, { dpop: holder.prove('POST', '/v1/auth/refresh') }],
    ['a proof with a token that is not bound', { ...spend, refresh_token: (await call('POST', '/oauth/token', { body: text(form) })).body.refresh_token }, { dpop: proof }]
  ]
  for (const [name, fields, headers] of bad) {
    const answer = await call('POST', '/oauth/token', { body: text(fields), headers })
    t.match(answer, { status: 400, body: { error: 'invalid_dpop_proof' } }, name)
    t.strictSame(Object.keys(answer.body), ['error', 'error_description'], name)
    t.equal(answer.headers['www-authenticate'], undefined, name)
  }
  t.match(await call('POST', '/oauth/token', { body: text(spend), headers: { dpop: proof } }), { status: 200, body: { token_type: 'DPoP' } }, 'none of that spent anything')
})

inBothFormats(t, 'a stolen token is good for nothing without its key', async (t, env) => {
  const running = await setUp(env)
  const { holder, pair, me, call } = running
  const thief = newHolder(running)
  const { access_token: token, refresh_token: refresh } = pair
  for (const [method, url] of [['GET', ME], ['POST', '/v1/api-tokens'], ['GET', '/v1/auth/verify'], ['GET', '/scans'], ['POST', '/token-validation'], ['POST', '/logout']] as const) {
    refused(t, await asBearer(running, token, url, method), 'access_token_bound', 'invalid_token', `${method} ${url} as a bearer token`)
    refused(t, await thief.call(method, url, token), 'access_token_bound', 'invalid_token', `${method} ${url} with another key`)
    const owned = holder.prove(method, url, pair.access_token)
    refused(t, await call(method, url, { headers: { authorization: `Bearer ${token}`, dpop: owned } }), 'access_token_bound', 'invalid_token', `${method} ${url} under the other scheme`)
    refused(t, await call(method, url, { headers: { authorization: `DPoP ${token}` } }), 'invalid_dpop_proof', 'invalid_dpop_proof', `${method} ${url} without a proof`)
  }
  const bodies = { refresh_token: refresh }
  refused(t, await call('POST', '/v1/auth/refresh', { body: bodies }), 'invalid_dpop_proof', 'invalid_dpop_proof', 'a refresh without a proof')
  refused(t, await thief.refresh(refresh), 'invalid_dpop_proof', 'invalid_dpop_proof', 'a refresh by another key')
  refused(t, await call('POST', '/v1/auth/logout', { body: bodies }), 'invalid_dpop_proof', 'invalid_dpop_proof', 'a logout without a proof')
  refused(t, await thief.ask('/v1/auth/logout', bodies), 'invalid_dpop_proof', 'invalid_dpop_proof', 'a logout by another key')
  refused(t, await call('POST', '/v1/auth/logout', { token }), 'access_token_bound', 'invalid_token', 'a logout as a bearer token')
  t.match(await call('POST', '/token-refresh', { body: bodies }), { status: 401, body: { code: 'invalid_dpop_proof' } }, 'a refresh in the words of PlantDB')
  t.equal((await me()).status, 200, 'and nothing of that has ended the session')
  t.equal((await holder.refresh(refresh)).status, 200, 'nor spent its token')
})

t.test('a token that is not bound is none under the scheme DPoP', async t => {
  const running = await setUp()
  const { holder, login, refresh } = running
  const pair = await login('ada')
  t.equal(pair.token_type, 'Bearer')
  refused(t, await holder.call('GET', ME, pair.access_token), 'access_token_unbound', 'invalid_token', 'an access token')
  const { body: { token } } = await running.call('POST', '/v1/api-tokens', { token: pair.access_token, body: { name: 'camera', datasets: { '*': ['read'] } } })
  refused(t, await holder.call('GET', '/v1/auth/token', token), 'access_token_unbound', 'invalid_token', 'an API token')
  t.equal((await asBearer(running, token, '/v1/auth/token')).status, 200)
  t.equal((await running.call('GET', ME, { headers: { authorization: `Bearer ${pair.access_token}`, dpop: 'whatever' } })).status, 200, 'a header beside a bearer token says nothing')
  refused(t, await holder.refresh(pair.refresh_token), 'invalid_dpop_proof', 'invalid_dpop_proof', 'a refresh token is not bound later')
  t.equal((await refresh(pair.refresh_token)).status, 200)
})

t.test('a proof is for one call: its method, its URL, its token, its moment', async t => {
  const { holder, pair, me, call, clock } = await setUp()
  const { access_token: token } = pair
  const now = Math.floor((Date.now() + clock.skew()) / 1000)
  const later = (await holder.refresh(pair.refresh_token)).body.access_token
  const twists: Record<string, Twist['claims']> = {
    'another method': { htm: 'POST' },
    'a method in small letters': { htm: 'get' },
    'no method': { htm: undefined },
    'another path': { htu: `${HERE}/v1/sessions` },
    'another host': { htu: `http://elsewhere.example${ME}` },
    'another scheme': { htu: `https://localhost:80${ME}` },
    'another port': { htu: `http://localhost:8443${ME}` },
    'a user in the URL': { htu: `http://ada@localhost${ME}` },
    'a path alone': { htu: ME },
    'a URL that is none': { htu: 'http://' },
    'a list of URLs': { htu: [HERE + ME] },
    'no URL': { htu: undefined },
    'another token': { ath: undefined },
    'a hash of nothing': { ath: '' },
    'older than a minute': { iat: now - 90 },
    'ahead of the clock': { iat: now + 60 },
    'a time as text': { iat: String(now) },
    'no time': { iat: undefined },
    'no name': { jti: undefined },
    'an empty name': { jti: '' },
    'a name that is no text': { jti: 7 },
    'a long name': { jti: 'x'.repeat(257) }
  }
  for (const [name, claims] of Object.entries(twists)) {
    refused(t, await holder.call('GET', ME, token, { twist: { claims: claims! } }), 'invalid_dpop_proof', 'invalid_dpop_proof', name)
  }
  const proofOfOther = holder.prove('GET', ME, later)
  refused(t, await call('GET', ME, { headers: { authorization: `DPoP ${token}`, dpop: proofOfOther } }), 'invalid_dpop_proof', 'invalid_dpop_proof', 'the hash of another token')
  for (const iat of [now - 40, now + 5]) t.equal((await holder.call('GET', ME, token, { twist: { claims: { iat } } })).status, 200)
  t.equal((await me()).status, 200)
})

t.test('a proof is signed by the public key in its header, with an algorithm of its kind', async t => {
  const running = await setUp()
  const { holder, pair: { access_token: token }, call } = running
  const others = { RS256: newHolder(running, 'RS256'), EdDSA: newHolder(running, 'EdDSA') }
  const send = (dpop: string) => call('GET', ME, { headers: { authorization: `DPoP ${token}`, dpop } })
  const twist = (header: Record<string, unknown>, more: Twist = {}) => holder.prove('GET', ME, token, { header, ...more })
  const good = holder.prove('GET', ME, token)
  const [head, body] = good.split('.') as [string, string]
  const text = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const symmetric = `${text({ typ: 'dpop+jwt', alg: 'HS256', jwk: { kty: 'oct', k: 'AAAA' } })}.${body}`
  const proofs: Record<string, string> = {
    'no algorithm': `${text({ typ: 'dpop+jwt', alg: 'none', jwk: holder.jwk })}.${body}.`,
    'an HMAC': `${symmetric}.${createHmac('sha256', Buffer.alloc(3)).update(symmetric).digest('base64url')}`,
    'an algorithm of another kind of key': twist({ alg: 'RS256' }),
    'a key of another kind': twist({ jwk: others.RS256.jwk }),
    'a key that is not the one that signed': twist({ jwk: newHolder(running).jwk }),
    'another key that signed': twist({}, { signedBy: newHolder(running).privateKey }),
    'a private key': twist({ jwk: holder.privateKey.export({ format: 'jwk' }) }),
    'no key': twist({ jwk: undefined }),
    'a key by its address': twist({ jku: 'https://example.org/jwks.json' }),
    'something critical': twist({ crit: ['exp'] }),
    'another type': twist({ typ: 'JWT' }),
    'no type': twist({ typ: undefined }),
    'no signature': `${head}.${body}.`,
    'a changed payload': good.replace(body, text({ ...JSON.parse(Buffer.from(body, 'base64url').toString()), jti: 'other' })),
    'two proofs in one header': `${good}, ${good}`,
    'something behind it': `${good}.`,
    'an access token': token,
    'a long proof': twist({ more: 'x'.repeat(7000) }),
    nonsense: 'nonsense',
    nothing: ''
  }
  for (const [name, proof] of Object.entries(proofs)) refused(t, await send(proof), 'invalid_dpop_proof', 'invalid_dpop_proof', name)
  t.equal((await send(good)).status, 200)
  for (const alg of ['RS256', 'EdDSA', 'Ed25519'] as const) {
    const other = newHolder(running, alg)
    const pair = (await other.login('ada', PASSWORD)).body
    t.match(pair, { token_type: 'DPoP' }, alg)
    t.equal((await other.call('GET', ME, pair.access_token)).status, 200, alg)
    refused(t, await holder.call('GET', ME, pair.access_token), 'access_token_bound', 'invalid_token', alg)
  }
})

t.test('a proof works once, whichever replica it is shown to', async t => {
  const env = { REDIS_PREFIX: ownPrefix(), JWT_SECRET_KEY: `base64:${Buffer.alloc(64, 5).toString('base64')}` }
  const first = await setUp(env)
  const second = await start(t, env)
  const { holder, pair: { access_token: token, refresh_token: refresh, session_id: session } } = first
  const headers = { authorization: `DPoP ${token}`, dpop: holder.prove('GET', ME, token) }
  t.equal((await first.call('GET', ME, { headers })).status, 200)
  for (const replica of [second, first]) refused(t, await replica.call('GET', ME, { headers }), 'invalid_dpop_proof', 'invalid_dpop_proof', 'once more')
  t.equal((await second.call('GET', ME, { headers: { ...headers, dpop: holder.prove('GET', ME, token) } })).status, 200)

  const racing = { ...headers, dpop: holder.prove('GET', ME, token) }
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? first : second).call('GET', ME, { headers: racing })))
  t.equal(answers.filter(({ status }) => status === 200).length, 1, 'of all at once, one')

  const dpop = holder.prove('POST', '/v1/auth/refresh')
  t.equal((await first.call('POST', '/v1/auth/refresh', { body: { refresh_token: refresh }, headers: { dpop } })).status, 200)
  refused(t, await second.call('POST', '/v1/auth/refresh', { body: { refresh_token: refresh }, headers: { dpop } }), 'invalid_dpop_proof', 'invalid_dpop_proof', 'a refresh')
  const login = holder.prove('POST', '/v1/auth/login')
  const attempt = (replica: Running, password = PASSWORD) => replica.call('POST', '/v1/auth/login', { body: { username: 'ada', password }, headers: { dpop: login } })
  t.equal((await attempt(first, 'a wrong one')).status, 401)
  t.equal((await attempt(first)).status, 200, 'a wrong password has not used it up')
  refused(t, await attempt(second), 'invalid_dpop_proof', 'invalid_dpop_proof', 'a login')
  t.ok((await holder.call('GET', '/v1/sessions', token)).body.items.some((one: { id: string }) => one.id === session), 'no refusal has ended the session')
})

t.test('a lost answer needs no Idempotency-Key where the key of the session is proved', async t => {
  const { holder, pair, me, clock } = await setUp()
  const first = await holder.refresh(pair.refresh_token)
  clock.advance(3600)
  const again = await holder.refresh(pair.refresh_token)
  t.equal(again.status, 200)
  t.equal(again.body.refresh_token, first.body.refresh_token, 'the same successor')
  t.equal((await holder.refresh(pair.refresh_token, { key: newKey() })).body.refresh_token, first.body.refresh_token, 'a key besides changes nothing')
  t.equal((await holder.refresh(again.body.refresh_token)).status, 200, 'which is unspent')
  t.match(await holder.refresh(pair.refresh_token), { status: 401, body: { code: 'refresh_token_reused' } }, 'and the predecessor of a spent one is reuse')
  t.match(await me(again.body.access_token), { status: 401, body: { code: 'session_ended' }, headers: { 'www-authenticate': challenge('invalid_token') } })
})

t.test('a session ends by a token of it with its proof, or by revoking what was found', async t => {
  const { holder, pair, call } = await setUp()
  const { status } = await holder.call('POST', '/v1/auth/logout', pair.access_token)
  t.equal(status, 204)
  t.match(await holder.refresh(pair.refresh_token), { status: 401, body: { code: 'session_ended' } })
  const second = (await holder.login('ada', PASSWORD)).body
  t.equal((await holder.ask('/v1/auth/logout', { refresh_token: second.refresh_token, sessions: 'all' })).status, 204)
  const third = (await holder.login('ada', PASSWORD)).body
  t.equal((await holder.call('POST', '/v1/auth/logout', third.access_token, { body: { refresh_token: third.refresh_token, sessions: 'others' } })).status, 204)
  t.equal((await call('POST', '/oauth/revoke', { body: `token=${third.refresh_token}` })).status, 200)
  t.match(await holder.call('GET', ME, third.access_token), { status: 401, body: { code: 'session_ended' } })
})

t.test('the routes of PlantDB take a bound token with its proof', async t => {
  const { holder, pair } = await setUp()
  t.equal((await holder.call('GET', '/scans', pair.access_token)).status, 200)
  t.match(await holder.call('POST', '/token-validation', pair.access_token), { status: 200, body: { user: { username: 'ada' } } })
  t.equal((await holder.call('POST', '/logout', pair.access_token)).status, 200)
})

t.test('whoever asks about a bound token is told its key', async t => {
  const { holder, pair, login, call } = await setUp()
  t.strictSame((await holder.call('GET', '/v1/auth/token', pair.access_token)).body.cnf, { jkt: holder.jkt })
  t.match(await holder.call('GET', '/v1/auth/verify', pair.access_token), { status: 204, headers: { 'x-auth-user': 'ada', 'x-auth-jkt': holder.jkt } })
  const { access_token: token } = await login('ada')
  t.equal((await call('GET', '/v1/auth/verify', { token })).headers['x-auth-jkt'], '')
})

t.test('whoever guards a resource learns of the key, and that the server knows proofs', async t => {
  const { holder, pair, login, call } = await setUp()
  const { access_token: admin } = await login('admin')
  const introspect = async (token: string) => (await call('POST', '/oauth/introspect', { token: admin, body: `token=${token}` })).body
  t.match(await introspect(pair.access_token), { active: true, token_type: 'DPoP', username: 'ada', cnf: { jkt: holder.jkt } })
  t.match(await introspect(pair.refresh_token), { active: true, cnf: { jkt: holder.jkt } })
  t.equal((await holder.call('POST', '/v1/auth/logout', pair.access_token)).status, 204)
  t.strictSame(await introspect(pair.access_token), { active: false })
  t.strictSame(await introspect(pair.refresh_token), { active: false })
  t.strictSame((await call('GET', '/.well-known/oauth-authorization-server')).body.dpop_signing_alg_values_supported, ['ES256', 'EdDSA', 'Ed25519', 'RS256'])

  const asked = async (body: string) => await call('POST', '/oauth/introspect', { headers: { authorization: `DPoP ${pair.access_token}`, dpop: holder.prove('POST', '/oauth/introspect', pair.access_token) }, body })
  t.match(await asked('token=x'), { status: 401, body: { error: 'invalid_token' }, headers: { 'www-authenticate': challenge('invalid_token') } })
})

t.test('a client that acts for itself may bind its token, too', async t => {
  const running = await startOAuth(t)
  const { call, token } = running
  const holder = newHolder(running)
  const grant = { grant_type: 'client_credentials', scope: 'datasets:read' }
  const headers = () => ({ ...basic(robot.id, robot.secret), dpop: holder.prove('POST', '/oauth/token') })
  const { status, body } = await token(grant, headers())
  t.equal(status, 200)
  t.equal(body.token_type, 'DPoP')
  t.match(await holder.call('GET', '/v1/auth/token', body.access_token), { status: 200, body: { kind: 'api', cnf: { jkt: holder.jkt } } })
  t.equal((await holder.call('GET', '/scans', body.access_token)).status, 200)
  refused(t, await asBearer(running, body.access_token, '/scans'), 'access_token_bound', 'invalid_token', 'as a bearer token')
  refused(t, await newHolder(running).call('GET', '/scans', body.access_token), 'access_token_bound', 'invalid_token', 'with another key')
  const repeated = { authorization: `DPoP ${body.access_token}`, dpop: holder.prove('GET', '/scans', body.access_token) }
  t.equal((await call('GET', '/scans', { headers: repeated })).status, 200)
  refused(t, await call('GET', '/scans', { headers: repeated }), 'invalid_dpop_proof', 'invalid_dpop_proof', 'a proof once more')

  const once = headers()
  t.equal((await token(grant, once)).status, 200)
  t.match(await token(grant, once), { status: 400, body: { error: 'invalid_dpop_proof' } })
  t.match((await token(grant, basic(robot.id, robot.secret))).body, { token_type: 'Bearer' }, 'it need not')
})

t.test('cookies are not bound, and a login that asks for both is told so', async t => {
  const { holder, pair, call } = await setUp()
  t.match(await holder.ask('/v1/auth/login', { username: 'ada', password: PASSWORD, transport: 'cookie' }), { status: 400, body: { code: 'invalid_request', errors: [{ path: '/headers/dpop' }] } })
  const cookie = `gc_access=${pair.access_token}`
  t.match(await call('GET', ME, { headers: { cookie } }), { status: 401, body: { code: 'access_token_bound' } }, 'nor does a bound token become a cookie')
})

t.test('a proof names the service as PUBLIC_URL does, whatever the Host header says', async t => {
  const running = await startWithAda(t, { PUBLIC_URL: 'https://lab.example/guardcell/' })
  const holder = newHolder(running)
  const login = async (htu: string): Promise<number> =>
    (await running.call('POST', '/v1/auth/login', { body: { username: 'ada', password: PASSWORD }, headers: { dpop: holder.prove('POST', htu) } })).status
  t.equal(await login('https://lab.example/guardcell/v1/auth/login'), 200)
  t.equal(await login('/v1/auth/login'), 401)
})

t.test('two headers on the wire are none', async t => {
  const running = await startWithAda(t)
  const port = await listen(running.app)
  const holder = newHolder(running)
  const { access_token: token } = (await holder.login('ada', PASSWORD)).body
  const proof = (method = 'GET') => holder.prove(method, `http://127.0.0.1:${port}${ME}`, token)
  const send = async (method: string, ...proofs: string[]): Promise<number> => {
    const head = [`${method} ${ME} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Connection: close', `Authorization: DPoP ${token}`, ...proofs.map(one => `DPoP: ${one}`)]
    const chunks = await (await begin(port, `${head.join('\n')}\n\n`)).toArray() as Buffer[]
    return Number(Buffer.concat(chunks).toString('latin1').split(' ')[1])
  }
  t.equal(await send('GET', proof()), 200)
  t.equal(await send('HEAD', proof('HEAD')), 200)
  t.equal(await send('HEAD', proof()), 401, 'HEAD is another method')
  for (const headers of [[proof(), proof()], [proof(), ''], ['', proof()], [proof(), 'nonsense'], []]) t.equal(await send('GET', ...headers), 401)
})

t.test('a proof that cannot be looked up is an outage, not a refusal', async t => {
  const running = await startWithAda(t)
  const holder = newHolder(running)
  const { access_token: token } = (await holder.login('ada', PASSWORD)).body
  const { redis } = running.app
  const set = redis.set.bind(redis)
  redis.set = async () => { throw new Error('Connection is closed.') }
  t.match(await holder.call('GET', ME, token), { status: 503, body: { code: 'store_unavailable' }, headers: { 'retry-after': '1', 'www-authenticate': undefined } })
  redis.set = set
  t.equal((await holder.call('GET', ME, token)).status, 200)
})
