import t from 'tap'
import { claimsIn, PASSWORD, start } from '../support/app.js'
import { hashForReal } from '../support/argon2.js'

const RFC3339_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
const DAY = 86_400

t.test('a sign-in answers a pair of tokens, what a client needs to renew it, and the user', async t => {
  const { call, createUser } = await start(t)
  const ada = await createUser('ada', { fullname: 'Ada Lovelace', email: 'ada@lab.example', roles: ['contributor'] })
  const { status, headers, body } = await call('POST', '/v1/auth/login', { body: { username: 'ada', password: PASSWORD } })

  t.equal(status, 200)
  t.equal(headers['cache-control'], 'no-store')
  t.strictSame(Object.keys(body).sort(), ['access_token', 'expires_in', 'refresh_expires_in', 'refresh_token', 'scope', 'session_expires_in', 'session_id', 'token_type', 'user'])
  t.equal(body.token_type, 'Bearer')
  for (const [member, lifetime] of [['expires_in', 900], ['refresh_expires_in', DAY], ['session_expires_in', 30 * DAY]] as const) {
    t.ok(Number.isInteger(body[member]) && Math.abs(body[member] - lifetime) <= 2, `${member} is about ${lifetime} seconds`)
  }
  t.strictSame(Object.keys(body.user).sort(), ['active', 'created', 'email', 'fullname', 'groups', 'id', 'last_login', 'roles', 'username', 'verified'])
  t.match(body.user, { id: ada.id, username: 'ada', fullname: 'Ada Lovelace', email: 'ada@lab.example', active: true, verified: false, created: RFC3339_UTC, last_login: RFC3339_UTC })
  t.strictSame(body.user.roles, ['contributor'])
  t.strictSame(body.user.groups, [])
})

t.test('the access token says who, where, until when and for what; the user name is not its subject', async t => {
  const { login } = await start(t)
  const pair = await login('admin')
  const claims = claimsIn(pair.access_token)

  t.match(claims, { sub: pair.user.id, sid: pair.session_id, username: 'admin', type: 'access', scope: pair.scope, client_id: 'guardcell', aud: 'guardcell', fresh: true })
  t.not(claims.sub, 'admin')
  t.ok([900, 901].includes(claims.exp - claims.iat), 'it lives for 900 seconds, the last one whole')
  t.ok(Math.abs(claims.auth_time - claims.iat) <= 1)
  t.strictSame(['iss', 'jti', 'gen'].filter(claim => claims[claim] === undefined), [])
  t.equal(claimsIn(pair.refresh_token).type, 'refresh')
  t.notOk('fresh' in claimsIn(pair.refresh_token))
  t.match(JSON.parse(Buffer.from(pair.access_token.split('.')[0] ?? '', 'base64url').toString()), { alg: 'HS512', typ: 'at+jwt' })
})

t.test('a user name is lower-cased when it signs in', async t => {
  const { login } = await start(t)
  t.equal((await login('ADMIN')).user.username, 'admin')
})

t.test('unknown user, wrong password and inactive account get the same answer', async t => {
  const { call, createUser } = await start(t)
  const admin = (await call('POST', '/v1/auth/login', { body: { username: 'admin', password: PASSWORD } })).body.access_token
  const gone = await createUser('gone')
  t.equal((await call('PATCH', `/v1/users/${gone.id}`, { token: admin, body: { active: false } })).status, 200)

  const refusal = async (username: string, password: string) => {
    const { status, headers, body: { request_id: id, ...body } } = await call('POST', '/v1/auth/login', { body: { username, password } })
    t.type(id, 'string')
    return { status, body, challenge: headers['www-authenticate'], names: Object.keys(headers).sort() }
  }
  const wrong = await refusal('admin', 'not the password')
  t.match(wrong, { status: 401, body: { code: 'invalid_credentials' } })
  t.strictSame(await refusal('nobody', PASSWORD), wrong)
  t.strictSame(await refusal('gone', PASSWORD), wrong)
})

t.test('an unknown user takes as long as a wrong password', async t => {
  hashForReal(t)
  const { call } = await start(t)
  const time = async (username: string): Promise<number> => {
    const from = performance.now()
    await call('POST', '/v1/auth/login', { body: { username, password: 'not the password' } })
    return performance.now() - from
  }
  const fastest = { known: Infinity, unknown: Infinity }
  const isAlike = (): boolean => fastest.unknown > fastest.known / 2 && fastest.unknown < fastest.known * 2
  // Where other programs take the processor away, it takes more rounds until each has had it once.
  for (let round = 0; round < 8 || (round < 80 && !isAlike()); round++) {
    fastest.known = Math.min(fastest.known, await time('admin'))
    fastest.unknown = Math.min(fastest.unknown, await time('nobody'))
  }
  t.ok(isAlike(), `${fastest.unknown} ms against ${fastest.known} ms`)
})

t.test('a scope can be narrowed at sign-in; more than the roles allow is refused and opens nothing', async t => {
  const { call, login, createUser } = await start(t)
  await createUser('ada')
  const narrow = await login('ada', PASSWORD, { scope: 'sessions guardcell:user' })
  t.strictSame(narrow.scope.split(' ').sort(), ['guardcell:user', 'sessions'])
  t.match(await call('GET', '/v1/users/me', { token: narrow.access_token }), { status: 403, body: { code: 'insufficient_scope' } })

  for (const scope of ['users', 'sessions guardcell:superuser', 'guardcell:verified', 'no-such-scope']) {
    t.match(await call('POST', '/v1/auth/login', { body: { username: 'ada', password: PASSWORD, scope } }), { status: 403, body: { code: 'insufficient_scope' } }, scope)
  }
  t.equal((await call('GET', '/v1/sessions', { token: narrow.access_token })).body.items.length, 1)
})

t.test('a sign-in without a scope gets all that the roles allow', async t => {
  const { login, createUser } = await start(t)
  const scopes: Record<string, string[]> = { admin: (await login('admin')).scope.split(' ') }
  for (const role of ['reader', 'contributor'] as const) {
    await createUser(role, { roles: [role] })
    scopes[role] = (await login(role)).scope.split(' ')
  }
  for (const role of ['reader', 'contributor', 'admin']) t.strictSame(['guardcell:user', 'profile', 'sessions', 'datasets:read'].filter(scope => !scopes[role]?.includes(scope)), [], role)
  t.strictSame(['users', 'datasets:create', 'keys', 'guardcell:superuser'].filter(scope => scopes.reader?.includes(scope)), [], 'a reader makes no scans, and manages nobody')
  t.ok(scopes.contributor?.includes('datasets:create') && !scopes.contributor.includes('users'))
  t.strictSame(['users', 'groups', 'keys', 'datasets:delete', 'guardcell:superuser'].filter(scope => !scopes.admin?.includes(scope)), [], 'an admin administers')
  t.notOk(scopes.admin?.includes('guardcell:verified'), 'who was not verified is not called so')
})

t.test('a new session over the limit ends the one unused the longest', async t => {
  const { call, login, refresh, clock } = await start(t, { MAX_SESSION: '4' })
  const next = async () => {
    clock.advance(10)
    return await login('admin')
  }
  const [first, second, third, fourth] = [await next(), await next(), await next(), await next()]
  clock.advance(10)
  const used = [(await refresh(first.refresh_token)).body]
  clock.advance(10)
  used.push((await refresh(third.refresh_token)).body)

  const lives = async ({ access_token: token }: { access_token: string }): Promise<boolean> => {
    const { status, body: { code } } = await call('GET', '/v1/users/me', { token })
    t.strictSame([status, code], status === 200 ? [200, undefined] : [401, 'session_ended'])
    return status === 200
  }
  for (const left of [[false, true], [false, false]]) {
    used.push(await next())
    t.strictSame([await lives(second), await lives(fourth)], left)
    for (const pair of used) t.ok(await lives(pair))
  }
  t.match(await refresh(second.refresh_token), { status: 401, body: { code: 'session_ended' } })
})

t.test('in single-session mode a second sign-in is refused while the first lasts, also when they race', async t => {
  const { call, login, createUser } = await start(t, { MAX_SESSION: '1', MAX_SESSION_POLICY: 'reject' })
  await createUser('ada')
  const answers = await Promise.all(Array.from({ length: 6 }, () => call('POST', '/v1/auth/login', { body: { username: 'ada', password: PASSWORD } })))
  t.equal(answers.filter(answer => answer.status === 200).length, 1)
  t.equal(answers.filter(answer => answer.status === 409 && answer.body.code === 'session_limit_reached').length, 5)

  const token = answers.find(answer => answer.status === 200)?.body.access_token as string
  t.equal((await call('POST', '/v1/auth/logout', { token })).status, 204)
  t.ok((await login('ada')).access_token, 'a sign-out makes room')
})
