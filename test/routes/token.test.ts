import t from 'tap'
import { wholeSeconds } from '#lib/http/date.js'
import { PASSWORD, start } from '../support/app.js'

const EXTRA_SCOPES = 'robot:move=contributor,admin door:open=admin'

/** A service with a contributor who is signed in. */
async function withAda (...args: Parameters<typeof start>) {
  const running = await start(...args)
  const ada = await running.createUser('ada', { roles: ['contributor'] })
  const pair = await running.login('ada')
  const { access_token: admin } = await running.login('admin')
  const machine = async (more = {}): Promise<{ id: string, token: string }> =>
    (await running.call('POST', '/v1/api-tokens', { token: pair.access_token, body: { name: 'camera', datasets: { 'cam_*': ['read', 'write'] }, ...more } })).body
  const about = (token: string) => running.call('GET', '/v1/auth/token', { token })
  const verify = (token: string, scope?: string) => running.call('GET', `/v1/auth/verify${scope === undefined ? '' : `?scope=${encodeURIComponent(scope)}`}`, { token })
  const change = (body: object) => running.call('PATCH', `/v1/users/${ada.id}`, { token: admin, body })
  return { ...running, ada, pair, admin, machine, about, verify, change }
}

t.test('an access token is described', async t => {
  const { ada, pair, about, refresh, clock } = await withAda(t)
  const { status, headers, body } = await about(pair.access_token)
  t.equal(status, 200)
  t.equal(headers['cache-control'], 'no-store')
  const { issued_at: issued, expires_at: expires, auth_time: proved, ...rest } = body
  t.strictSame(rest, { kind: 'access', user: { id: ada.id, username: 'ada' }, session: pair.session_id, scope: pair.scope, fresh: true, datasets: null, meta: null })
  t.equal(Date.parse(expires) - Date.parse(issued), 900_000)
  t.equal(proved, issued)
  clock.advance(100)
  const later = (await about((await refresh(pair.refresh_token, undefined, { scope: 'profile' })).body.access_token)).body
  t.match(later, { fresh: false, auth_time: proved, scope: 'profile', session: pair.session_id })
  t.ok(Date.parse(later.issued_at) >= Date.parse(issued) + 100_000)
})

t.test('an API token is described, with what its client keeps with it', async t => {
  const { ada, machine, about } = await withAda(t)
  const before = Date.now()
  const { token } = await machine({ meta: { camera: 7, place: { room: 'B' } }, expires_in: 3600 })
  const after = Date.now()
  const { body } = await about(token)
  t.match(body, { kind: 'api', user: { id: ada.id, username: 'ada' }, session: null, scope: 'datasets:read datasets:write', auth_time: null, fresh: false })
  t.strictSame(body.datasets, { 'cam_*': ['read', 'write'] })
  t.strictSame(body.meta, { camera: 7, place: { room: 'B' } })
  // Each is a whole second of a moment of its own, and between the two a second may begin.
  for (const [time, life] of [[body.issued_at, 0], [body.expires_at, 3_600_000]] as const) {
    t.ok(Date.parse(time) - life >= wholeSeconds(before) && Date.parse(time) - life <= after, time)
  }
})

t.test('a reverse proxy is told who is calling', async t => {
  const { pair, machine, verify, call } = await withAda(t)
  const answer = await verify(pair.access_token)
  t.match(answer, { status: 204, body: '', headers: { 'x-auth-user': 'ada', 'x-auth-scopes': pair.scope, 'x-auth-session': pair.session_id, 'cache-control': 'no-store' } })
  t.match(await verify((await machine()).token), { status: 204, headers: { 'x-auth-user': 'ada', 'x-auth-scopes': 'datasets:read datasets:write', 'x-auth-session': '' } }, 'an empty header replaces what the client may have sent')
  for (const headers of [{}, { authorization: 'Bearer nonsense' }]) t.match(await call('GET', '/v1/auth/verify', { headers }), { status: 401, headers: { 'x-auth-user': undefined, 'www-authenticate': /^Bearer/ } })
})

t.test('a reverse proxy may ask for scopes, all of which are needed', async t => {
  const { pair, verify } = await withAda(t)
  t.equal((await verify(pair.access_token, 'profile datasets:read')).status, 204)
  for (const scope of ['users', 'profile users', 'no:such', 'guardcell:superuser']) {
    const refused = await verify(pair.access_token, scope)
    t.match(refused, { status: 403, body: { code: 'insufficient_scope' } }, scope)
    t.match(refused.headers['www-authenticate'], `scope="${scope}"`)
  }
  for (const scope of ['', ' ', 'a"b', 'a\\b', 'ä', 'a  b']) t.match(await verify(pair.access_token, scope), { status: 400, body: { code: 'invalid_request' } }, scope)
})

t.test('what an account loses, its tokens lose at once', async t => {
  const { pair, machine, about, verify, change } = await withAda(t, { EXTRA_SCOPES })
  const { token } = await machine({ scope: 'datasets:read robot:move' })
  for (const one of [pair.access_token, token]) t.equal((await verify(one, 'robot:move')).status, 204)
  await change({ roles: ['reader'] })
  for (const one of [pair.access_token, token]) {
    t.equal((await verify(one, 'robot:move')).status, 403)
    t.notMatch((await about(one)).body.scope, 'robot:move')
    t.notMatch((await verify(one)).headers['x-auth-scopes'], 'robot:move')
  }
  await change({ active: false })
  for (const one of [pair.access_token, token]) t.equal((await verify(one)).status, 401)
})

t.test('guardcell:verified is true of the account as it is now', async t => {
  const { change, login, verify, pair } = await withAda(t)
  t.equal((await verify(pair.access_token, 'guardcell:verified')).status, 403)
  await change({ verified: true })
  t.equal((await verify(pair.access_token, 'guardcell:verified')).status, 403, 'a token has what it was granted and no more')
  const { access_token: token, scope } = await login('ada')
  t.match(scope, 'guardcell:user guardcell:verified')
  t.equal((await verify(token, 'guardcell:verified guardcell:user')).status, 204)
  await change({ verified: false })
  t.equal((await verify(token, 'guardcell:verified')).status, 403)
  t.equal((await verify(token, 'guardcell:user')).status, 204)
})

t.test('scopes of the operator\'s own go to the roles that are named, and to no others', async t => {
  const { createUser, login, call, machine, admin, verify } = await withAda(t, { EXTRA_SCOPES })
  await createUser('grace')
  const held = async (username: string) => (await login(username)).scope.split(' ').filter(scope => /^(robot|door):/.test(scope))
  t.strictSame([await held('grace'), await held('ada'), await held('admin')], [[], ['robot:move'], ['door:open', 'robot:move']])
  t.match((await login('ada', PASSWORD, { scope: 'robot:move' })).scope, 'robot:move')
  for (const scope of ['door:open', 'robot:fly', 'profile door:open']) {
    t.match(await call('POST', '/v1/auth/login', { body: { username: 'ada', password: PASSWORD, scope } }), { status: 403, body: { code: 'insufficient_scope' } }, scope)
    t.match(await call('POST', '/oauth/token', { body: `grant_type=password&username=ada&password=${encodeURIComponent(PASSWORD)}&scope=${encodeURIComponent(scope)}` }), { status: 400, body: { error: 'invalid_scope' } }, scope)
    t.match(await machine({ scope }), { code: 'insufficient_scope' }, 'an API token has no more than its owner')
  }
  t.equal((await verify(admin, 'door:open robot:move')).status, 204)
})
