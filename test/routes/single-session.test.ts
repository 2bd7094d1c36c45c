import t from 'tap'
import { PASSWORD, start, type Running } from '../support/app.js'

const SINGLE = { MAX_SESSION: '1', MAX_SESSION_POLICY: 'reject' }

const signIn = ({ call }: Running, username: string) => call('POST', '/v1/auth/login', { body: { username, password: PASSWORD } })

t.test('single-session mode: MAX_SESSION=1 with MAX_SESSION_POLICY=reject', async t => {
  const running = await start(t, SINGLE)
  const { call, createUser, refresh, clock, app } = running
  const others = {
    '/v1/auth/login': (username: string) => signIn(running, username),
    '/login': (username: string) => call('POST', '/login', { body: { username, password: PASSWORD } }),
    '/oauth/token': (username: string) => call('POST', '/oauth/token', { body: `grant_type=password&username=${username}&password=${encodeURIComponent(PASSWORD)}` })
  }

  await t.test('a second login is refused and says why, wherever it comes; the first one goes on', async t => {
    await createUser('ada')
    const { body: pair } = await signIn(running, 'ada')
    t.match(await others['/v1/auth/login']('ada'), { status: 409, body: { code: 'session_limit_reached', message: /as many open sessions as it may have/ } })
    t.match(await others['/login']('ada'), { status: 409, body: { code: 'session_limit_reached', message: /open sessions/ } })
    t.match(await others['/oauth/token']('ada'), { status: 400, body: { error: 'invalid_grant', error_description: /open sessions/ } })
    t.equal((await call('GET', '/v1/users/me', { token: pair.access_token })).status, 200)
    t.equal((await refresh(pair.refresh_token)).status, 200, 'a refresh is no second session')
  })

  await t.test('the others are not concerned', async t => {
    await createUser('grace')
    t.equal((await signIn(running, 'grace')).status, 200)
  })

  await t.test('a wrong password is told nothing of it', async t => {
    t.match(await call('POST', '/v1/auth/login', { body: { username: 'ada', password: 'wrong' } }), { status: 401, body: { code: 'invalid_credentials' } })
  })

  await t.test('after the session has ended, by whatever, a login works', async t => {
    const user = await createUser('eva')
    const admin = (await signIn(running, 'admin')).body.access_token
    const ends: Record<string, (pair: { access_token: string, refresh_token: string }) => Promise<unknown>> = {
      'a logout': async pair => await call('POST', '/v1/auth/logout', { token: pair.access_token }),
      'a logout by refresh token': async pair => await call('POST', '/v1/auth/logout', { body: { refresh_token: pair.refresh_token } }),
      'PlantDB\'s logout': async pair => await call('POST', '/logout', { token: pair.access_token }),
      'a revocation': async pair => await call('POST', '/oauth/revoke', { body: `token=${pair.refresh_token}` }),
      reuse: async pair => { await refresh(pair.refresh_token); await refresh(pair.refresh_token) },
      'an admin': async () => await call('DELETE', `/v1/users/${user.id}/sessions`, { token: admin }),
      'a lapse': async () => { clock.advance(86_400 + 1) },
      'a reset of the password': async () => { await app.accounts.resetPassword('eva', PASSWORD) }
    }
    for (const [end, act] of Object.entries(ends)) {
      const { status, body } = await signIn(running, 'eva')
      t.equal(status, 200, `before ${end}`)
      t.equal((await signIn(running, 'eva')).status, 409)
      await act(body)
    }
    t.equal((await signIn(running, 'eva')).status, 200)
  })

  await t.test('of many logins that race one wins', async t => {
    const { id } = await createUser('mia')
    const account = (await app.accountStore.byId(id))!
    const device = { ip: '::1', user_agent: null, label: null }
    const race = async (): Promise<PromiseSettledResult<unknown>[]> =>
      await Promise.allSettled(Array.from({ length: 50 }, () => app.sessions.open({ account, scope: undefined, device })))
    const results = await race()
    t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    t.ok(results.every(result => result.status === 'fulfilled' || result.reason.code === 'session_limit_reached'))
    t.equal((await app.tokenStore.list(id)).length, 1)
    t.strictSame((await race()).filter(({ status }) => status === 'fulfilled'), [], 'nor does a later one')
  })
})

t.test('with MAX_SESSION_POLICY=evict the later login wins, and there is never more than one', async t => {
  const running = await start(t, { ...SINGLE, MAX_SESSION_POLICY: 'evict' })
  const { call, createUser, refresh, app } = running
  const { id } = await createUser('ada')
  const { body: first } = await signIn(running, 'ada')
  const { body: second } = await signIn(running, 'ada')
  t.match(await call('GET', '/v1/users/me', { token: first.access_token }), { status: 401, body: { code: 'session_ended' } })
  t.match(await refresh(first.refresh_token), { status: 401, body: { code: 'session_ended' } })
  t.equal((await call('GET', '/v1/users/me', { token: second.access_token })).status, 200)

  const logins = await Promise.all(Array.from({ length: 12 }, () => signIn(running, 'ada')))
  const alive = await Promise.all(logins.map(async ({ body }) => (await call('GET', '/v1/users/me', { token: body.access_token })).status))
  t.equal(alive.filter(status => status === 200).length, 1)
  t.equal((await app.tokenStore.list(id)).length, 1)
})
