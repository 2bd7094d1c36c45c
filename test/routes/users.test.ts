import t from 'tap'
import { PASSWORD, start } from '../support/app.js'

const NEW = { username: 'ada', fullname: 'Ada Lovelace', password: PASSWORD }

/** A service and somebody who may manage its accounts. */
async function asAdmin (...args: Parameters<typeof start>) {
  const running = await start(...args)
  const admin = await running.login('admin')
  const manage = (method: string, url: string, body?: unknown) => running.call(method, url, { token: admin.access_token, ...(body === undefined ? {} : { body }) })
  return { ...running, admin, manage }
}

t.test('an account is created, read, changed and deleted', async t => {
  const { manage, login } = await asAdmin(t)
  const created = await manage('POST', '/v1/users', { ...NEW, roles: ['contributor'], email: 'ada@lab.example', verified: true })
  t.equal(created.status, 201)
  t.strictSame(Object.keys(created.body).sort(), ['active', 'created', 'email', 'fullname', 'groups', 'id', 'last_login', 'roles', 'username', 'verified'])
  t.match(created.body, { username: 'ada', fullname: 'Ada Lovelace', email: 'ada@lab.example', active: true, verified: true, last_login: null })
  t.strictSame(created.body.roles, ['contributor'])
  const url = `/v1/users/${created.body.id}`
  t.strictSame((await manage('GET', url)).body, created.body)

  const changed = await manage('PATCH', url, { roles: ['reader'], fullname: 'Countess', verified: false })
  t.equal(changed.status, 200)
  t.strictSame(changed.body, { ...created.body, roles: ['reader'], fullname: 'Countess', verified: false })
  t.strictSame((await manage('GET', url)).body, changed.body)
  t.strictSame((await login('ada')).user.roles, ['reader'])

  const deleted = await manage('DELETE', url)
  t.equal(deleted.status, 204)
  t.equal(deleted.body, '')
  t.match(await manage('GET', url), { status: 404, body: { code: 'user_not_found' } })
  t.strictSame((await manage('GET', '/v1/users')).body.items.map(({ username }: { username: string }) => username), ['admin'])
})

t.test('an account is a reader and unverified unless something else is said', async t => {
  const { manage } = await asAdmin(t)
  const { body } = await manage('POST', '/v1/users', NEW)
  t.strictSame([body.roles, body.verified, body.email], [['reader'], false, null])
})

t.test('user names are lower-cased and belong to one account, also when created at once', async t => {
  const { manage } = await asAdmin(t)
  const answers = await Promise.all(['Ada', 'ADA', 'ada', 'aDa'].map(username => manage('POST', '/v1/users', { ...NEW, username })))
  t.strictSame(answers.map(({ status }) => status).sort(), [201, 409, 409, 409])
  t.equal(answers.find(({ status }) => status === 201)?.body.username, 'ada')
  t.equal(answers.find(({ status }) => status === 409)?.body.code, 'username_taken')
})

t.test('the name of a deleted account is never given to another one', async t => {
  const { manage, call, login } = await asAdmin(t)
  const { body: { id } } = await manage('POST', '/v1/users', NEW)
  const { access_token: token } = await login('ada')
  await manage('DELETE', `/v1/users/${id}`)
  t.match(await manage('POST', '/v1/users', NEW), { status: 409, body: { code: 'username_taken' } })
  t.match(await manage('POST', '/v1/users', { ...NEW, username: 'ADA' }), { status: 409, body: { code: 'username_taken' } })
  t.match(await call('POST', '/v1/auth/login', { body: { username: 'ada', password: PASSWORD } }), { status: 401, body: { code: 'invalid_credentials' } })
  t.equal((await call('GET', '/v1/users/me', { token })).status, 401)
})

t.test('user names have 1 to 64 plain characters and begin with a letter or digit', async t => {
  const { manage } = await asAdmin(t)
  for (const username of ['', '.ada', '-ada', '_ada', 'ada lovelace', 'ada@lab', 'ada/..', 'ädä', 'ada\n', 'a'.repeat(65)]) {
    const refused = await manage('POST', '/v1/users', { ...NEW, username })
    t.match(refused, { status: 400, body: { code: 'invalid_request' } }, JSON.stringify(username))
    t.equal(refused.body.errors[0].path, '/username')
  }
  for (const username of ['a', '7', 'a.b_c-d', 'b'.repeat(64)]) t.equal((await manage('POST', '/v1/users', { ...NEW, username })).status, 201, username)
})

t.test('an account is not created out of half of what it takes', async t => {
  const { manage } = await asAdmin(t)
  for (const member of Object.keys(NEW)) {
    const refused = await manage('POST', '/v1/users', { ...NEW, [member]: undefined })
    t.match(refused, { status: 400, body: { code: 'invalid_request' } }, `without ${member}`)
    t.equal(refused.body.errors[0].path, `/${member}`)
  }
  for (const more of [{ roles: ['owner'] }, { roles: 'admin' }, { email: 'nowhere' }, { verified: 'yes' }, { active: false }, { id: 'mine' }, { groups: [] }]) {
    t.match(await manage('POST', '/v1/users', { ...NEW, ...more }), { status: 400, body: { code: 'invalid_request' } }, JSON.stringify(more))
  }
  t.match(await manage('POST', '/v1/users', { ...NEW, password: '1234567' }), { status: 422, body: { code: 'password_too_short' } })
  t.equal((await manage('POST', '/v1/users', NEW)).status, 201, 'no refusal has taken the name')
})

t.test('only what is an admin\'s to change is changed', async t => {
  const { manage, createUser } = await asAdmin(t)
  const ada = await createUser('ada')
  for (const change of [{ username: 'grace' }, { email: 'a@b.example' }, { password: 'another password' }, { id: 'x' }, { groups: [] }, { roles: ['owner'] }, { roles: null }, { active: 'true' }, { active: 1 }]) {
    t.match(await manage('PATCH', `/v1/users/${ada.id}`, { fullname: 'Countess', ...change }), { status: 400, body: { code: 'invalid_request' } }, JSON.stringify(change))
  }
  t.strictSame((await manage('GET', `/v1/users/${ada.id}`)).body, ada)
})

t.test('an account that is not there answers 404 whatever is wanted of it', async t => {
  const { manage } = await asAdmin(t)
  for (const [method, path, body] of [['GET', ''], ['PATCH', '', { fullname: 'x' }], ['DELETE', ''], ['DELETE', '/sessions']] as const) {
    t.match(await manage(method, `/v1/users/no-such-user${path}`, body), { status: 404, body: { code: 'user_not_found' } }, `${method} ${path}`)
  }
})

t.test('an admin ends all sessions of an account, which may sign in again', async t => {
  const { manage, call, login, refresh, createUser, admin } = await asAdmin(t)
  const ada = await createUser('ada')
  const pairs = [await login('ada'), await login('ada')]
  const answer = await manage('DELETE', `/v1/users/${ada.id}/sessions`)
  t.equal(answer.status, 204)
  t.equal(answer.body, '')
  for (const pair of pairs) {
    t.match(await call('GET', '/v1/users/me', { token: pair.access_token }), { status: 401, body: { code: 'session_ended' } })
    t.match(await refresh(pair.refresh_token), { status: 401, body: { code: 'session_ended' } })
  }
  t.equal((await call('GET', '/v1/users/me', { token: admin.access_token })).status, 200)
  t.ok((await login('ada')).access_token)
})
