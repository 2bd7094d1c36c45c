import t from 'tap'
import { start, type Answer, type Running } from '../support/app.js'
import { recentRows } from '../support/permissions.js'

/** Further than an authentication may lie back (AUTH_MAX_AGE), in seconds. */
const TOO_LONG = 901

/** What each call sends; none has no body. */
const bodies: Record<string, object | null> = {
  'POST /v1/users': { username: 'eve', fullname: 'Eve', password: 'long enough', roles: ['admin'] },
  'PATCH /v1/users/:id with roles': { roles: ['admin'] },
  'PATCH /v1/users/:id with active: true': { active: true },
  'PATCH /v1/users/:id with verified: true': { verified: true },
  'POST /v1/invitations': { roles: ['admin'] },
  'PUT /v1/groups/:name/members/:username': null,
  'POST /v1/api-tokens': { name: 'camera', datasets: { '*': ['read'] } },
  'POST /v1/devices/approve': { name: 'camera', datasets: { '*': ['read'] } },
  'PATCH /v1/users/me with another email': { email: 'eve@example.org' },
  'POST /register': { username: 'eva', fullname: 'Eva', password: 'long enough' },
  'POST /create-api-token': { token_exp: 3600, datasets: { '*': ['read'] } }
}

/** Routes of these scopes that give nobody anything that lasts, and why. */
const harmless: Record<string, string> = {
  'POST /v1/users/:id/password': 'wants a token from the very authentication',
  'POST /v1/users/:id/unlock': 'whoever signs in still needs the password',
  'POST /v1/groups': 'a group without members has no rights',
  'POST /v1/devices/lookup': 'shows',
  'POST /v1/devices/deny': 'takes away'
}

/** An admin whose session goes on, and what the calls are about. */
async function lab (t: Parameters<typeof start>[0], env: Record<string, string> = {}) {
  const running = await start(t, { REGISTRATION: 'invite', ...env })
  const { id } = await running.createUser('ada')
  const { access_token: token } = await running.login('admin')
  await running.call('POST', '/v1/groups', { token, body: { name: 'lab' } })
  return { ...running, ada: id }
}

const pathOf = (call: string, ada: string): [string, string] => {
  const [method = '', url = ''] = call.split(' ')
  return [method, url.replace(':id', ada).replace(':name', 'lab').replace(':username', 'ada')]
}

async function send ({ call, ada }: Awaited<ReturnType<typeof lab>>, what: string, token: string): Promise<Answer> {
  const [method, url] = pathOf(what, ada)
  const code = url.endsWith('/approve') ? { user_code: await waitingCode(call) } : {}
  const { [what]: body } = bodies
  return await call(method, url, { token, ...(body ? { body: { ...body, ...code } } : {}) })
}

/** The code of a device that waits. */
const waitingCode = async (call: Running['call']): Promise<string> =>
  (await call('POST', '/oauth/device_authorization', { body: 'client_id=guardcell' })).body.user_code

t.test('what lasts or raises rights takes an authentication of the last AUTH_MAX_AGE seconds, whatever was refreshed since', async t => {
  const running = await lab(t)
  const { login, refresh, clock } = running
  t.strictSame(recentRows.map(({ call }) => call).sort(), Object.keys(bodies).sort(), 'the document lists what is tried here')
  const { refresh_token: first } = await login('admin')
  clock.advance(TOO_LONG)
  const stale = (await refresh(first)).body
  for (const { call: what } of recentRows) {
    const answer = await send(running, what, stale.access_token)
    t.match(answer, { status: 403 }, what)
    t.match(answer.headers['www-authenticate'], /error="insufficient_user_authentication".*max_age=900/, what)
  }
  t.equal(await running.app.accountStore.byUsername('eve'), undefined, 'and nothing was changed')
  t.match((await running.app.accountStore.byUsername('ada'))!, { roles: ['reader'], groups: [], verified: false })

  const { refresh_token: second } = await login('admin')
  clock.advance(600)
  const recent = (await refresh(second)).body
  for (const { call: what } of recentRows) {
    const { status, body } = await send(running, what, recent.access_token)
    t.ok(status < 300, `${what}: ${status} ${JSON.stringify(body)}`)
  }
})

t.test('AUTH_MAX_AGE says how long ago that may be', async t => {
  const running = await lab(t, { AUTH_MAX_AGE: '60' })
  const { access_token: token } = await running.login('admin')
  running.clock.advance(61)
  t.match(await send(running, 'POST /v1/users', token), { status: 403, body: { code: 'fresh_authentication_required' } })
  const { body } = await running.call('POST', '/v1/auth/reauthenticate', { token, body: { password: 'correct horse battery' } })
  t.equal((await send(running, 'POST /v1/users', body.access_token)).status, 201)
})

t.test('what takes rights away, or changes a name, takes none', async t => {
  const { call, login, refresh, clock, ada } = await lab(t)
  const { refresh_token: first } = await login('admin')
  clock.advance(TOO_LONG)
  const { access_token: token } = (await refresh(first)).body
  for (const body of [{ fullname: 'Ada L.' }, { verified: false }, { active: false }]) t.equal((await call('PATCH', `/v1/users/${ada}`, { token, body })).status, 200, JSON.stringify(body))
  t.equal((await call('DELETE', `/v1/users/${ada}`, { token })).status, 204)
})

t.test('no route for accounts, groups or tokens is forgotten', async t => {
  const { app } = await lab(t)
  const noted = new Set([...recentRows.map(({ call }) => call.split(' with ')[0]), ...Object.keys(harmless)])
  const about = new Set(['users', 'groups', 'api-tokens'])
  const makes = app.routeRules().filter(({ method, auth }) => ['POST', 'PUT', 'PATCH'].includes(method) && typeof auth === 'object' && auth.scopes.some(scope => about.has(scope)))
  t.ok(makes.length >= 10)
  for (const { method, url } of makes) t.ok(noted.has(`${method} ${url.replace(/(.)\/$/, '$1')}`), `${method} ${url}`)
})
