import t from 'tap'
import { inBothFormats, ownPrefix, PASSWORD, start, type Running } from '../support/app.js'

/** A service, its admin, and somebody who is an admin as well and signed in. */
async function twoAdmins (running: Running, name: string) {
  const { access_token: token } = await running.login('admin')
  const ada = await running.createUser(name, { roles: ['admin'] })
  const pair = await running.login(name)
  const change = (body: object) => running.call('PATCH', `/v1/users/${ada.id}`, { token, body })
  const see = (url: string) => running.call('GET', url, { token: pair.access_token })
  return { ...running, token, ada, pair, change, see }
}

inBothFormats(t, 'a change of an account acts on its live tokens', async (t, env) => {
  const running = await start(t, env)

  await t.test('a demotion takes rights from a live token at once, and no others', async t => {
    const { see, change } = await twoAdmins(running, 'ada')
    t.equal((await see('/v1/users')).status, 200)
    t.equal((await change({ roles: ['reader'] })).status, 200)
    t.match(await see('/v1/users'), { status: 403, body: { code: 'insufficient_scope' } })
    const me = await see('/v1/users/me')
    t.equal(me.status, 200)
    t.strictSame(me.body.roles, ['reader'])
    t.equal((await change({ roles: ['admin'] })).status, 200)
    t.equal((await see('/v1/users')).status, 200, 'and a promotion gives them back')
  })

  await t.test('a refresh does not bring back what a demotion took', async t => {
    const { call, change, pair, refresh } = await twoAdmins(running, 'bea')
    await change({ roles: ['reader'] })
    const { status, body } = await refresh(pair.refresh_token)
    t.equal(status, 200)
    t.equal((await call('GET', '/v1/users', { token: body.access_token })).status, 403)
    t.equal((await call('GET', '/v1/users/me', { token: body.access_token })).status, 200)
  })

  await t.test('a promotion gives a live token no scope that it was not granted', async t => {
    const { call, createUser, login, token } = await twoAdmins(running, 'cleo')
    const grace = await createUser('grace')
    const before = await login('grace')
    await call('PATCH', `/v1/users/${grace.id}`, { token, body: { roles: ['admin'] } })
    t.equal((await call('GET', '/v1/users', { token: before.access_token })).status, 403)
    t.equal((await call('GET', '/v1/users', { token: (await login('grace')).access_token })).status, 200)
  })

  await t.test('a deactivated account is out at once, and its sessions never come back', async t => {
    const { see, change, refresh, pair, call, login } = await twoAdmins(running, 'dora')
    const unused = await login('dora')
    t.match(await change({ active: false }), { status: 200, body: { active: false } })
    const out = async (): Promise<void> => {
      t.match(await see('/v1/users/me'), { status: 401, body: { code: /^(session_ended|account_inactive)$/ } })
      t.match(await refresh(pair.refresh_token), { status: 401, body: { code: /^(session_ended|account_inactive)$/ } })
    }
    await out()
    t.match(await call('POST', '/v1/auth/login', { body: { username: 'dora', password: PASSWORD } }), { status: 401, body: { code: 'invalid_credentials' } })
    t.equal((await change({ active: true })).status, 200)
    await out()
    t.match(await call('GET', '/v1/users/me', { token: unused.access_token }), { status: 401, body: { code: 'session_ended' } }, 'nor does one that nobody used meanwhile')
    t.ok((await login('dora')).access_token, 'but the account may sign in again')
  })

  await t.test('a deleted account is out at once', async t => {
    const { see, call, refresh, pair, ada, token } = await twoAdmins(running, 'eva')
    t.equal((await call('DELETE', `/v1/users/${ada.id}`, { token })).status, 204)
    t.match(await see('/v1/users/me'), { status: 401, body: { code: /^(session_ended|account_inactive)$/ } })
    t.match(await refresh(pair.refresh_token), { status: 401, body: { code: /^(session_ended|account_inactive)$/ } })
  })
})

inBothFormats(t, 'a session that another instance ended is over here as well', async (t, env) => {
  const shared = { ...env, REDIS_PREFIX: ownPrefix(), JWT_SECRET_KEY: `base64:${Buffer.alloc(64, 7).toString('base64')}` }
  const [one, two] = [await start(t, shared), await start(t, shared)]
  const pair = await one.login('admin')
  t.equal((await two.call('GET', '/v1/users/me', { token: pair.access_token })).status, 200, 'one secret, one Redis: its tokens hold there')
  t.equal((await one.call('POST', '/v1/auth/logout', { token: pair.access_token })).status, 204)
  t.match(await two.call('GET', '/v1/users/me', { token: pair.access_token }), { status: 401, body: { code: 'session_ended' } })
  t.match(await two.refresh(pair.refresh_token), { status: 401, body: { code: 'session_ended' } })
})
