import t from 'tap'
import type { AuthEvent } from '#lib/events.js'
import { PASSWORD, start, type Running } from '../support/app.js'

/** Ada and Bob are members of `roots`, Eve of nothing; with their access tokens and the admin's. */
async function lab (running: Running) {
  const { call, login, createUser } = running
  const [ada, bob, eve] = await Promise.all(['ada', 'bob', 'eve'].map(name => createUser(name)))
  const [admin, forAda, forEve] = await Promise.all(['admin', 'ada', 'eve'].map(async name => (await login(name)).access_token))
  await call('POST', '/v1/groups', { token: admin!, body: { name: 'roots', description: 'Root images' } })
  for (const name of ['ada', 'bob']) await call('PUT', `/v1/groups/roots/members/${name}`, { token: admin! })
  return { ada: ada!, bob: bob!, eve: eve!, tokens: { admin: admin!, ada: forAda!, eve: forEve! } }
}

const namesIn = (body: { items: Array<{ name: string }> }): string[] => body.items.map(({ name }) => name)

t.test('an admin creates a group, which then has its place', async t => {
  const { call, login } = await start(t)
  const { access_token: token } = await login('admin')
  const before = Date.now()
  const created = await call('POST', '/v1/groups', { token, body: { name: 'Roots.2' } })
  t.match(created, { status: 201, headers: { location: '/v1/groups/Roots.2' } })
  t.strictSame({ ...created.body, created: '' }, { name: 'Roots.2', description: null, members: [], created: '', created_by: 'admin' })
  t.ok(Date.parse(created.body.created) >= before && Date.parse(created.body.created) <= Date.now())
  t.strictSame((await call('GET', '/v1/groups/Roots.2', { token })).body, created.body)

  t.match(await call('POST', '/v1/groups', { token, body: { name: 'Roots.2', description: 'again' } }), { status: 409, body: { code: 'group_exists' } })
  t.equal((await call('GET', '/v1/groups/Roots.2', { token })).body.description, null, 'the first one stands')
  t.equal((await call('POST', '/v1/groups', { token, body: { name: 'roots.2', description: null } })).status, 201, 'a name is case-sensitive')
  t.match(await call('GET', '/v1/groups/ROOTS.2', { token }), { status: 404, body: { code: 'group_not_found' } })
})

t.test('a name that could not be a group is refused', async t => {
  const { call, login } = await start(t)
  const { access_token: token } = await login('admin')
  for (const name of ['', '.roots', '-roots', 'ro ots', 'roots/leaves', 'roots:members', 'wurzelwörter', 'a'.repeat(65), null, 7, ['roots']]) {
    t.match(await call('POST', '/v1/groups', { token, body: { name } }), { status: 400, body: { code: 'invalid_request' } }, String(name))
  }
  for (const body of [{}, { name: 'roots', description: 'x'.repeat(1001) }, { name: 'roots', members: ['ada'] }]) {
    t.match(await call('POST', '/v1/groups', { token, body }), { status: 400, body: { code: 'invalid_request' } })
  }
  t.equal((await call('POST', '/v1/groups', { token, body: { name: 'a'.repeat(64), description: 'x'.repeat(1000) } })).status, 201)
  t.equal((await call('GET', '/v1/groups/ro%20ots', { token })).status, 400)
})

t.test('a member sees the own groups and nobody else does, but admins', async t => {
  const running = await start(t)
  const { call } = running
  const { tokens } = await lab(running)
  await call('POST', '/v1/groups', { token: tokens.admin, body: { name: 'leaves' } })

  t.match(await call('GET', '/v1/groups/roots', { token: tokens.ada }), { status: 200, body: { description: 'Root images', members: ['ada', 'bob'], created_by: 'admin' } })
  t.strictSame(namesIn((await call('GET', '/v1/groups', { token: tokens.ada })).body), ['roots'])
  t.strictSame(namesIn((await call('GET', '/v1/groups', { token: tokens.admin })).body), ['leaves', 'roots'])
  t.strictSame((await call('GET', '/v1/groups', { token: tokens.eve })).body, { items: [], next: null })
  const [hidden, absent] = await Promise.all(['leaves', 'stems'].map(name => call('GET', `/v1/groups/${name}`, { token: tokens.ada })))
  t.match(hidden, { status: 404, body: { code: 'group_not_found' } })
  t.strictSame({ ...hidden!.body, request_id: '' }, { ...absent!.body, request_id: '' }, 'a hidden group looks like none')
})

t.test('only admins create and delete groups', async t => {
  const running = await start(t)
  const { call } = running
  const { tokens } = await lab(running)
  for (const [who, token] of Object.entries(tokens)) {
    if (who === 'admin') continue
    t.match(await call('POST', '/v1/groups', { token, body: { name: 'leaves' } }), { status: 403, body: { code: 'not_permitted' } }, who)
    t.match(await call('DELETE', '/v1/groups/roots', { token }), { status: 403, body: { code: 'not_permitted' } }, who)
    t.match(await call('DELETE', '/v1/groups/stems', { token }), { status: 403, body: { code: 'not_permitted' } }, `${who} learns nothing`)
  }
  t.equal((await call('DELETE', '/v1/groups/roots', { token: tokens.admin })).status, 204)
  t.match(await call('DELETE', '/v1/groups/roots', { token: tokens.admin }), { status: 404, body: { code: 'group_not_found' } })
  t.match(await call('GET', '/v1/groups/roots', { token: tokens.ada }), { status: 404 })
  t.strictSame((await call('GET', '/v1/users/me', { token: tokens.ada })).body.groups, [])
})

t.test('members add and remove members, at once', async t => {
  const running = await start(t)
  const { call } = running
  const { eve, tokens } = await lab(running)
  const mine = async (token: string) => (await call('GET', '/v1/users/me', { token })).body.groups as string[]

  t.strictSame([(await call('PUT', '/v1/groups/roots/members/Eve', { token: tokens.ada })).status, await mine(tokens.eve)], [204, ['roots']], 'whatever the case of the name')
  t.equal((await call('PUT', '/v1/groups/roots/members/eve', { token: tokens.ada })).status, 204, 'who is one already stays one')
  t.strictSame((await call('GET', '/v1/groups/roots', { token: tokens.eve })).body.members, ['ada', 'bob', 'eve'])
  t.strictSame((await call('GET', `/v1/users/${eve.id}`, { token: tokens.admin })).body.groups, ['roots'])

  t.strictSame([(await call('DELETE', '/v1/groups/roots/members/eve', { token: tokens.eve })).status, await mine(tokens.eve)], [204, []], 'one may leave')
  t.equal((await call('GET', '/v1/groups/roots', { token: tokens.eve })).status, 404)
  t.equal((await call('DELETE', '/v1/groups/roots/members/eve', { token: tokens.ada })).status, 204, 'who is none already')
  t.strictSame((await call('GET', '/v1/groups/roots', { token: tokens.ada })).body.members, ['ada', 'bob'])
})

t.test('who is outside of a group changes nothing in it', async t => {
  const running = await start(t)
  const { call } = running
  const { tokens } = await lab(running)
  for (const method of ['PUT', 'DELETE']) {
    for (const group of ['roots', 'stems']) {
      t.match(await call(method, `/v1/groups/${group}/members/eve`, { token: tokens.eve }), { status: 404, body: { code: 'group_not_found' } }, `${method} ${group}`)
    }
    t.match(await call(method, '/v1/groups/stems/members/eve', { token: tokens.admin }), { status: 404, body: { code: 'group_not_found' } })
    t.match(await call(method, '/v1/groups/stems/members/nobody', { token: tokens.admin }), { status: 404, body: { code: 'group_not_found' } })
    t.match(await call(method, '/v1/groups/roots/members/nobody', { token: tokens.ada }), { status: 404, body: { code: 'user_not_found' } })
    t.match(await call(method, '/v1/groups/roots/members/no%20body', { token: tokens.ada }), { status: 400 })
  }
  t.strictSame((await call('GET', '/v1/groups/roots', { token: tokens.ada })).body.members, ['ada', 'bob'])
})

t.test('groups need a token that carries them', async t => {
  const running = await start(t)
  const { call, login } = running
  const { tokens } = await lab(running)
  const narrow = (await login('admin', PASSWORD, { scope: 'profile users' })).access_token
  const calls = [
    ['GET', ''], ['POST', '', { name: 'leaves' }], ['GET', '/roots'], ['DELETE', '/roots'], ['PUT', '/roots/members/eve'], ['DELETE', '/roots/members/ada']
  ] as const
  for (const [method, path, body] of calls) {
    const what = body === undefined ? {} : { body }
    t.match(await call(method, `/v1/groups${path}`, { token: narrow, ...what }), { status: 403, body: { code: 'insufficient_scope' } }, `${method} ${path}`)
    t.match(await call(method, `/v1/groups${path}`, what), { status: 401, body: { code: 'authentication_required' } }, `${method} ${path}`)
  }
  t.match((await call('GET', '/v1/groups', { token: tokens.admin })).body.items, [{ name: 'roots', members: ['ada', 'bob'] }])
})

t.test('the list shows each group once, whatever the size of its pages', async t => {
  const running = await start(t)
  const { call } = running
  const { tokens } = await lab(running)
  const all = ['Zea', 'a', 'a.b', 'a0', 'leaves', 'roots', 'stems']
  for (const name of all) {
    await call('POST', '/v1/groups', { token: tokens.admin, body: { name } })
    await call('PUT', `/v1/groups/${name}/members/ada`, { token: tokens.admin })
  }
  for (const token of [tokens.admin, tokens.ada]) {
    for (const limit of [1, 3, 6, 7, 8]) {
      const found: string[] = []
      let cursor: string | null = null
      do {
        const { body }: { body: any } = await call('GET', `/v1/groups?limit=${limit}${cursor === null ? '' : `&cursor=${cursor}`}`, { token })
        t.ok(body.items.length > 0 && body.items.length <= limit)
        found.push(...namesIn(body))
        cursor = body.next
      } while (cursor !== null)
      t.strictSame(found, all, `pages of ${limit}`)
    }
    t.match(await call('GET', '/v1/groups?cursor=!!!', { token }), { status: 400, body: { code: 'invalid_request' } })
  }
})

t.test('a deleted account is in no group', async t => {
  const running = await start(t)
  const { app, call } = running
  const { bob, tokens } = await lab(running)
  await app.accounts.remove(bob.id)
  t.strictSame((await call('GET', '/v1/groups/roots', { token: tokens.ada })).body.members, ['ada'])
  t.match(await call('PUT', '/v1/groups/roots/members/bob', { token: tokens.ada }), { status: 404, body: { code: 'user_not_found' } })
})

t.test('what happens to groups is reported, once', async t => {
  const running = await start(t)
  const told: AuthEvent[] = []
  running.app.events.on('event', event => { if (event.type === 'group_changed') told.push(event) })
  const { ada, bob, tokens } = await lab(running)
  const { call } = running
  await call('PUT', '/v1/groups/roots/members/ada', { token: tokens.ada })
  for (let times = 0; times < 2; times++) await call('DELETE', '/v1/groups/roots/members/bob', { token: tokens.ada })
  await call('DELETE', '/v1/groups/roots', { token: tokens.admin })
  t.strictSame(told, [
    { type: 'group_changed', group: 'roots', user: null, change: 'created' },
    { type: 'group_changed', group: 'roots', user: ada.id, change: 'member_added' },
    { type: 'group_changed', group: 'roots', user: bob.id, change: 'member_added' },
    { type: 'group_changed', group: 'roots', user: bob.id, change: 'member_removed' },
    { type: 'group_changed', group: 'roots', user: null, change: 'deleted' }
  ])
})
