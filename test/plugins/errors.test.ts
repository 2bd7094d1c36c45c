import t, { type Test } from 'tap'
import { PASSWORD, start, type Answer } from '../support/app.js'

const JSON_TYPE = { 'content-type': 'application/json' }

/** A problem document of RFC 9457 with `code` for programs, `message` for PlantDB's clients, and nothing else. */
function isProblem (t: Test, answer: Answer, status: number, code: string, paths?: string[]): void {
  const name = `${status} ${code}`
  t.equal(answer.status, status, name)
  t.match(answer.headers['content-type'], /^application\/problem\+json/, name)
  t.strictSame(Object.keys(answer.body).sort(), ['code', 'detail', ...(paths ? ['errors'] : []), 'message', 'request_id', 'status', 'title', 'type'], name)
  t.match(answer.body, { status, code, type: /./, title: /./, detail: /./, message: /./, request_id: /./ }, name)
  if (!paths) return
  const errors: Array<{ path: string, message: string }> = answer.body.errors ?? []
  t.strictSame(errors.map(({ path }) => path), paths, name)
  t.ok(errors.every(error => Object.keys(error).sort().join() === 'message,path'), name)
}

t.test('errors of every kind are problem documents', async t => {
  const { call, login } = await start(t)
  const { access_token: token } = await login('admin')
  isProblem(t, await call('GET', '/nothing/here'), 404, 'not_found')
  isProblem(t, await call('POST', '/health/live'), 405, 'method_not_allowed')
  isProblem(t, await call('GET', '/v1/users/nobody', { token }), 404, 'user_not_found')
  isProblem(t, await call('GET', '/v1/users'), 401, 'authentication_required')
  isProblem(t, await call('POST', '/v1/auth/login', { body: { username: 'admin', password: 'wrong' } }), 401, 'invalid_credentials')
  isProblem(t, await call('POST', '/v1/auth/login', { body: { username: 'admin', password: PASSWORD, scope: 'nonsense' } }), 403, 'insufficient_scope')
  isProblem(t, await call('POST', '/v1/users', { token, body: { username: 'admin', fullname: 'x', password: PASSWORD } }), 409, 'username_taken')
  isProblem(t, await call('POST', '/v1/auth/password', { token, body: { current: PASSWORD, new: 'short' } }), 422, 'password_too_short')
  isProblem(t, await call('GET', '/v1/users/%E0%A4%A', { token }), 400, 'invalid_request')
})

t.test('two requests have two ids', async t => {
  const { call } = await start(t)
  const [one, two] = [await call('GET', '/nothing'), await call('GET', '/nothing')]
  t.not(one.body.request_id, two.body.request_id)
})

t.test('refused input names the member', async t => {
  const { call, login } = await start(t)
  const { access_token: token } = await login('admin')
  const login_ = (body: unknown) => call('POST', '/v1/auth/login', { body })
  isProblem(t, await login_({ username: 'admin' }), 400, 'invalid_request', ['/password'])
  isProblem(t, await call('POST', '/v1/users', { token, body: { username: '...', fullname: 'x', password: PASSWORD } }), 400, 'invalid_request', ['/username'])
  isProblem(t, await call('POST', '/v1/users', { token, body: { username: 'x', fullname: 'x', password: PASSWORD, roles: ['reader', 'owner'] } }), 400, 'invalid_request', ['/roles/1'])
  isProblem(t, await login_([]), 400, 'invalid_request', [''])
  isProblem(t, await call('POST', '/v1/auth/login'), 400, 'invalid_request', [''])
  isProblem(t, await call('POST', '/v1/auth/login', { headers: JSON_TYPE, body: 'null' }), 400, 'invalid_request', [''])
})

t.test('text that is no JSON is refused input', async t => {
  const { call } = await start(t)
  for (const body of ['{"username":', 'username=admin', '{"username":"a","__proto__":{"password":"b"}}', '{"constructor":{"prototype":{"x":1}}}', '{} {}']) {
    isProblem(t, await call('POST', '/v1/auth/login', { headers: JSON_TYPE, body }), 400, 'invalid_request', [''])
  }
})

t.test('a member that a route does not know is refused', async t => {
  const { call, login, createUser } = await start(t)
  const { access_token: token, refresh_token: refresh } = await login('admin')
  const ada = await createUser('ada')
  const bodies: Record<string, object> = {
    'POST /v1/auth/login': { username: 'admin', password: PASSWORD },
    'POST /v1/auth/refresh': { refresh_token: refresh },
    'POST /v1/auth/logout': { refresh_token: refresh },
    'POST /v1/auth/password': { current: PASSWORD, new: 'another password' },
    'PATCH /v1/users/me': { fullname: 'Boss' },
    'POST /v1/users': { username: 'grace', fullname: 'Grace', password: PASSWORD },
    [`PATCH /v1/users/${ada.id}`]: { fullname: 'Countess' }
  }
  for (const [name, body] of Object.entries(bodies)) {
    const [method = '', url = ''] = name.split(' ')
    for (const unknown of ['surprise', 'constructor', 'toString']) {
      isProblem(t, await call(method, url, { token, body: { ...body, [unknown]: 'x' } }), 400, 'invalid_request', [`/${unknown}`])
    }
  }
  t.equal((await call('POST', '/v1/auth/refresh', { body: { refresh_token: refresh } })).status, 200, 'and nothing was done')
})

t.test('bodies are taken as they are, queries are read', async t => {
  const { call, login, createUser } = await start(t)
  const { access_token: token } = await login('admin')
  const ada = await createUser('ada')
  const url = `/v1/users/${ada.id}`
  for (const [method, where, body, path] of [
    ['POST', '/v1/auth/login', { username: 5, password: PASSWORD }, '/username'],
    ['POST', '/v1/auth/login', { username: 'admin', password: null }, '/password'],
    ['POST', '/v1/auth/login', { username: ['admin'], password: PASSWORD }, '/username'],
    ['PATCH', url, { active: 'false' }, '/active'], ['PATCH', url, { verified: 1 }, '/verified'], ['PATCH', url, { fullname: null }, '/fullname'], ['PATCH', url, { roles: 'admin' }, '/roles']
  ] as const) {
    isProblem(t, await call(method, where, { token, body }), 400, 'invalid_request', [path])
  }
  t.strictSame((await call('GET', url, { token })).body, ada)
  t.equal((await call('GET', '/v1/users?limit=1', { token })).body.items.length, 1)
})

t.test('JSON beyond 1 MiB is too large, JSON of 1 MiB is not', async t => {
  const { call } = await start(t)
  const ofBytes = (bytes: number): string => `{"a":"${'x'.repeat(bytes - 8)}"}`
  t.equal(Buffer.byteLength(ofBytes(100)), 100)
  isProblem(t, await call('POST', '/v1/auth/login', { headers: JSON_TYPE, body: ofBytes(1_048_577) }), 413, 'body_too_large')
  t.match(await call('POST', '/v1/auth/login', { headers: JSON_TYPE, body: ofBytes(1_048_576) }), { status: 400, body: { code: 'invalid_request' } })
})

for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/octet-stream', 'nonsense']) {
  t.test(`a body of ${type} is not taken for JSON`, async t => {
    const { call } = await start(t)
    isProblem(t, await call('POST', '/v1/auth/login', { headers: { 'content-type': type }, body: JSON.stringify({ username: 'admin', password: PASSWORD }) }), 415, 'unsupported_media_type')
  })
}

t.test('a call without a body may still say that it speaks JSON', async t => {
  const { call, login } = await start(t)
  const { access_token: token } = await login('admin')
  t.equal((await call('GET', '/v1/users/me', { token, headers: JSON_TYPE })).status, 200)
  t.equal((await call('DELETE', '/v1/sessions?which=others', { token, headers: JSON_TYPE })).status, 204)
  t.equal((await call('POST', '/v1/auth/logout', { token, headers: { 'content-type': 'application/json; charset=utf-8' } })).status, 204)
})

t.test('an error of our own says nothing about how it came about', async t => {
  const { call } = await start(t, {}, app => {
    app.get('/broken', { config: { auth: 'public' } }, async () => { throw Object.assign(new Error('no such file: /etc/guardcell/secret'), { code: 'ENOENT', path: '/etc/guardcell/secret' }) })
    app.post('/oauth/broken', { config: { auth: 'public', errors: 'oauth' } }, async () => { throw new Error('no such file: /etc/guardcell/secret') })
  })
  const broken = await call('GET', '/broken')
  isProblem(t, broken, 500, 'internal_error')
  t.notMatch(JSON.stringify([broken.body, broken.headers]), /secret|ENOENT|\.ts|stack/)
  const oauth = await call('POST', '/oauth/broken')
  t.match(oauth, { status: 500, body: { error: 'server_error' } })
  t.notMatch(JSON.stringify([oauth.body, oauth.headers]), /secret|\.ts|stack/)
})

t.test('a refusal never repeats what was sent', async t => {
  const { call } = await start(t)
  for (const answer of [
    await call('POST', '/v1/auth/login', { body: { username: 'admin', password: { hidden: 'hunter2' } } }),
    await call('POST', '/v1/auth/login', { headers: JSON_TYPE, body: '{"password":"hunter2"' }),
    await call('POST', '/v1/auth/refresh', { body: { refresh_token: 'hunter2' } }),
    await call('POST', '/oauth/token', { body: 'grant_type=password&username=..&password=hunter2' }),
    await call('GET', '/v1/users/hunter2', { token: 'hunter2' })
  ]) {
    t.ok(answer.status >= 400)
    t.notMatch(JSON.stringify([answer.body, answer.headers]), /hunter2/)
  }
})
