import t from 'tap'
import { PASSWORD, start, type Running } from '../support/app.js'

/** As many readers, and the names of all accounts there are then. */
async function populate ({ createUser }: Running, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, index) => `user-${String(index).padStart(3, '0')}`)
  await Promise.all(names.map(name => createUser(name)))
  return ['admin', ...names]
}

/** The pages of the list, each as user names. */
async function pages (call: Running['call'], token: string, limit: number): Promise<string[][]> {
  const found: string[][] = []
  let cursor: string | null = null
  do {
    const { status, body } = await call('GET', `/v1/users?limit=${limit}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`, { token })
    if (status !== 200 || found.length > 50) throw new Error(`page ${found.length}: ${status}`)
    found.push(body.items.map(({ username }: { username: string }) => username))
    cursor = body.next
  } while (cursor !== null)
  return found
}

t.test('the list shows each account once, whatever the size of its pages', async t => {
  const running = await start(t)
  const { call, login } = running
  const everybody = await populate(running, 6)
  const { access_token: token } = await login('admin')
  for (const limit of [1, 2, 3, 6, 7, 8, 500]) {
    const found = await pages(call, token, limit)
    t.strictSame(found.flat().sort(), everybody, `pages of ${limit}`)
    t.ok(found.every(page => page.length > 0 && page.length <= limit))
    t.ok(found.slice(0, -1).every(page => page.length === limit), 'only the last page is short')
  }
  const { body } = await call('GET', '/v1/users?limit=7', { token })
  t.strictSame(Object.keys(body).sort(), ['items', 'next'])
  t.strictSame(Object.keys(body.items[0]).sort(), ['active', 'created', 'email', 'fullname', 'groups', 'id', 'last_login', 'roles', 'username', 'verified'])
})

t.test('a page has 50 accounts unless something else is asked for', async t => {
  const running = await start(t, { PASSWORD_CONCURRENCY: '4' })
  const { call, login } = running
  await populate(running, 51)
  const { access_token: token } = await login('admin')
  const { body } = await call('GET', '/v1/users', { token })
  t.equal(body.items.length, 50)
  const rest = await call('GET', `/v1/users?cursor=${encodeURIComponent(String(body.next))}`, { token })
  t.equal(rest.body.items.length, 2)
  t.equal(rest.body.next, null)
})

t.test('a page goes on behind an account that was deleted meanwhile', async t => {
  const running = await start(t)
  const { call, login } = running
  await populate(running, 4)
  const { access_token: token } = await login('admin')
  const first = (await call('GET', '/v1/users?limit=3', { token })).body
  for (const { id, username } of first.items) if (username !== 'admin') t.equal((await call('DELETE', `/v1/users/${id}`, { token })).status, 204)
  const second = (await call('GET', `/v1/users?limit=3&cursor=${encodeURIComponent(String(first.next))}`, { token })).body
  t.strictSame(second.items.map(({ username }: { username: string }) => username), ['user-002', 'user-003'])
})

t.test('a limit out of bounds is refused', async t => {
  const { call, login } = await start(t)
  const { access_token: token } = await login('admin')
  for (const limit of ['0', '501', '-1', '1.5', 'ten', '2&limit=3']) {
    const refused = await call('GET', `/v1/users?limit=${limit}`, { token })
    t.match(refused, { status: 400, body: { code: 'invalid_request' } }, limit)
    t.match(refused.body.errors[0].path, /limit$/)
  }
  for (const limit of [1, 500]) t.equal((await call('GET', `/v1/users?limit=${limit}`, { token })).status, 200)
})

t.test('a cursor that no list has answered is refused', async t => {
  const { call, login } = await start(t)
  const { access_token: token } = await login('admin')
  for (const cursor of ['!!!', 'x', 'not-a-cursor', '%00', 'a'.repeat(600)]) {
    const refused = await call('GET', `/v1/users?cursor=${cursor}`, { token })
    t.match(refused, { status: 400, body: { code: 'invalid_request' } }, cursor.slice(0, 20))
  }
})

t.test('accounts are managed by who may, with a token that carries it', async t => {
  const { call, login, createUser } = await start(t)
  const ada = await createUser('ada', { roles: ['contributor', 'reader'] })
  const calls = [
    ['GET', '/v1/users'], ['GET', `/v1/users/${ada.id}`], ['DELETE', `/v1/users/${ada.id}`], ['DELETE', `/v1/users/${ada.id}/sessions`],
    ['POST', '/v1/users', { username: 'eve', fullname: 'Eve', password: PASSWORD, roles: ['admin'] }], ['PATCH', `/v1/users/${ada.id}`, { roles: ['admin'] }]
  ] as const
  const contributor = (await login('ada')).access_token
  const narrow = (await login('admin', PASSWORD, { scope: 'profile sessions' })).access_token
  for (const [method, url, body] of calls) {
    const what = body === undefined ? {} : { body }
    for (const token of [contributor, narrow]) {
      const refused = await call(method, url, { token, ...what })
      t.match(refused, { status: 403, body: { code: 'insufficient_scope' } }, `${method} ${url}`)
      t.match(refused.headers['www-authenticate'], /^Bearer .*error="insufficient_scope".*scope="users"/)
    }
    t.match(await call(method, url, what), { status: 401, body: { code: 'authentication_required' } }, `${method} ${url}`)
  }
  const { access_token: token } = await login('admin')
  t.strictSame((await call('GET', '/v1/users', { token })).body.items.map(({ username }: { username: string }) => username).sort(), ['ada', 'admin'])
})
