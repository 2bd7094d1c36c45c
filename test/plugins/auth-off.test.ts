import t from 'tap'
import { loadConfig } from '#lib/config/load.js'
import { welcome } from '#lib/welcome.js'
import { claimsIn, ownPrefix, PASSWORD, start } from '../support/app.js'
import { newHolder } from '../support/dpop.js'
import { pageOf } from '../support/jar.js'

t.test('AUTH=off', async t => {
  const shared = { REDIS_PREFIX: ownPrefix(), JWT_SECRET_KEY: `base64:${Buffer.alloc(64, 3).toString('base64')}` }
  const strict = await start(t, shared)
  const off = await start(t, { ...shared, AUTH: 'off' })
  const { call, refresh, clock } = off
  const ada = await strict.createUser('ada')
  const hers = await strict.login('ada')
  const own = await strict.login('admin')
  const isAdmin = { status: 200, body: { username: 'admin' } }

  await t.test('every call is made as admin, with whatever credentials', async t => {
    clock.advance(1_000)
    const basic = `Basic ${Buffer.from('ada:wrong').toString('base64')}`
    const sent = [undefined, '', 'Bearer', 'Bearer nonsense', `Bearer ${hers.access_token}`, `Bearer ${own.access_token}`, `Bearer ${own.refresh_token}`, 'Bearer gca_nonsense', basic, 'Digest x', `Bearer ${'x'.repeat(9_000)}`]
    for (const authorization of sent) {
      const put = authorization === undefined ? {} : { headers: { authorization } }
      t.match(await call('GET', '/v1/users/me', put), isAdmin, String(authorization).slice(0, 40))
      t.equal((await call('GET', '/v1/users', put)).status, 200)
      t.equal((await call('GET', '/v1/scans', put)).status, 200)
      t.match(await call('POST', '/token-validation', put), { status: 200, body: { user: { username: 'admin' } } })
    }
    t.equal((await call('POST', '/v1/scans', { body: { id: 'plant' } })).status, 201)
    t.match(await call('GET', '/v1/scans/plant'), { status: 200, body: { owner: 'admin' } })
    clock.advance(-1_000)
  })

  await t.test('whoever signs in, by whatever name and password, gets tokens of the admin', async t => {
    const form = (fields: Record<string, string>) => call('POST', '/oauth/token', { body: new URLSearchParams(fields).toString() })
    for (const [username, password] of [['ada', PASSWORD], ['ada', 'wrong'], ['nobody', 'x'], ['admin', PASSWORD]] as const) {
      t.match(await call('GET', `/login?username=${username}`), { status: 200, body: { exists: true } })
      const answers = [
        await call('POST', '/v1/auth/login', { body: { username, password } }),
        await call('POST', '/login', { body: { username, password } }),
        await form({ grant_type: 'password', username, password })
      ]
      for (const { status, body } of answers) {
        t.equal(status, 200)
        t.equal(claimsIn(body.access_token).username, 'admin')
        t.match(await strict.call('GET', '/v1/users/me', { token: body.access_token }), isAdmin, 'real ones')
      }
      t.match(answers[0]?.body.user, { username: 'admin' })
    }
  })

  await t.test('whatever is refreshed, a pair of the admin comes of it', async t => {
    const pair = (await call('POST', '/v1/auth/login', { body: { username: 'x', password: 'y' } })).body
    const next = await refresh(pair.refresh_token)
    t.match(next.body, { session_id: pair.session_id, user: { username: 'admin' } }, 'a good token does what it does elsewhere')
    for (const token of [pair.refresh_token, next.body.refresh_token, 'nonsense', pair.access_token, hers.refresh_token]) {
      t.match(await refresh(token), { status: 200, body: { user: { username: 'admin' } } })
      t.equal(claimsIn((await call('POST', '/token-refresh', { body: { refresh_token: token } })).body.access_token).username, 'admin')
      t.equal((await call('POST', '/oauth/token', { body: `grant_type=refresh_token&refresh_token=${token}` })).status, 200)
    }
    t.equal((await strict.refresh(hers.refresh_token)).status, 200, 'the token of somebody else was not spent')
    t.match(await refresh('nonsense', undefined, { scope: 'nonsense' }), { status: 403 }, 'a scope that there is not is not given')
  })

  await t.test('whoever shows a password again, whatever it is, gets a fresh token of the admin', async t => {
    for (const token of [undefined, 'nonsense', hers.access_token, own.access_token]) {
      const { status, body } = await call('POST', '/v1/auth/reauthenticate', { ...(token === undefined ? {} : { token }), body: { password: 'anything' } })
      t.equal(status, 200)
      t.match(claimsIn(body.access_token), { username: 'admin', fresh: true })
    }
  })

  await t.test('signing out is answered, and ends what it can', async t => {
    const pair = (await call('POST', '/v1/auth/login', { body: { username: 'x', password: 'y' } })).body
    t.equal((await call('POST', '/v1/auth/logout', { token: pair.access_token })).status, 204)
    t.match(await strict.call('GET', '/v1/users/me', { token: pair.access_token }), { status: 401, body: { code: 'session_ended' } })
    t.match(await call('GET', '/v1/users/me', { token: pair.access_token }), isAdmin)
    for (const options of [{}, { token: 'nonsense' }, { body: { refresh_token: 'nonsense', sessions: 'all' } }]) t.equal((await call('POST', '/v1/auth/logout', options)).status, 204)
    t.match(await call('POST', '/logout'), { status: 200, body: { message: 'Logout successful from admin' } })
    const again = (await call('POST', '/login', { body: { username: 'x', password: 'y' } })).body
    t.equal((await call('POST', '/logout', { token: again.access_token })).status, 200)
    t.equal((await strict.refresh(again.refresh_token)).status, 401)
  })

  await t.test('a page that keeps its session in cookies goes on as it does elsewhere', async t => {
    const page = pageOf(off)
    t.equal((await page.login('anybody')).status, 200)
    t.match(await page.me(), isAdmin)
    t.equal((await page.send('POST', '/v1/scans', { body: { id: 'from-a-page' } })).status, 201)
    t.equal((await page.refresh()).status, 200)
    await strict.app.accounts.resetPassword('admin', PASSWORD)
    const { status, body } = await page.refresh()
    t.match({ status, body }, { status: 200, body: { user: { username: 'admin' } } }, 'also when its session is over')
    t.notOk('access_token' in body)
    t.equal((await page.refresh()).status, 200)
    t.equal((await page.send('POST', '/v1/auth/logout')).status, 204)
    t.strictSame(page.jar, {})
  })

  await t.test('a client with a key of its own goes on as it does elsewhere', async t => {
    const holder = newHolder(off)
    const { status, body: pair } = await holder.login('ada', 'wrong')
    t.equal(status, 200)
    t.equal(pair.token_type, 'DPoP')
    t.match(await holder.call('GET', '/v1/users/me', pair.access_token), isAdmin)
    const { body: next } = await holder.refresh(pair.refresh_token)
    t.equal(next.token_type, 'DPoP')
    t.equal(next.session_id, pair.session_id)
    t.match(await holder.refresh(hers.refresh_token), { status: 200, body: { token_type: 'DPoP', user: { username: 'admin' } } }, 'a token that is not its own gets it a session, bound as well')
    t.equal((await holder.call('POST', '/v1/auth/logout', next.access_token)).status, 204)
  })

  await t.test('API tokens are issued, and are good where they are asked for', async t => {
    const { status, body } = await call('POST', '/create-api-token', { body: { token_exp: 3600, datasets: { plant: ['read'] } } })
    t.equal(status, 200)
    t.match(await call('GET', '/v1/users/me', { token: body.api_token }), isAdmin)
    t.equal((await strict.call('GET', '/v1/scans', { token: body.api_token })).status, 200)
  })

  await t.test('accounts are what they were', async t => {
    t.match(await call('GET', `/v1/users/${ada.id}`), { status: 200, body: { username: 'ada', last_login: /^\d/ } })
    t.equal((await strict.call('GET', '/v1/users/me')).status, 401)
  })

  await t.test('a route that asks for freshness takes it that they have just said who they are', async t => {
    clock.advance(600)
    t.equal((await call('POST', `/v1/users/${ada.id}/password`, { token: own.access_token, body: { new: PASSWORD } })).status, 204)
  })

  await t.test('every answer says so', async t => {
    for (const url of ['/v1/users/me', '/health/live', '/nowhere', '/docs/', '/scans']) t.equal((await call('GET', url)).headers['x-guardcell-auth'], 'off', url)
    t.equal((await strict.call('GET', '/health/live')).headers['x-guardcell-auth'], undefined)
    t.match(welcome({ host: '::1', port: 1, password: undefined, open: true, scans: 0 }), /AUTH=off/)
    t.notMatch(welcome({ host: '::1', port: 1, password: undefined, open: false, scans: 0 }), /AUTH=off/)
  })

  await t.test('a page of another site, or one that has its name mean this machine, is refused', async t => {
    const local = ['localhost', 'localhost:8080', 'LocalHost:8080', '127.0.0.1:8080', '127.8.9.10', '[::1]:8080', '[::1]', '[::ffff:127.0.0.1]:1']
    const foreign = ['evil.example', 'evil.example:8080', 'localhost.evil.example', '127.0.0.1.evil.example', '192.168.1.5:8080', '10.0.0.1', '[2001:db8::1]:8080', '0.0.0.0:8080', '[::]', '1270.0.1']
    const refused = { status: 403, body: { code: 'not_local' } }
    for (const host of local) {
      t.match(await call('GET', '/v1/users/me', { headers: { host } }), isAdmin, host)
      for (const scheme of ['http', 'https']) t.match(await call('GET', '/v1/users/me', { headers: { origin: `${scheme}://${host}`, 'sec-fetch-site': 'cross-site' } }), isAdmin, `from ${host}`)
    }
    const noHosts = ['127.0.0.1@evil.example', 'localhost:8080:1']
    for (const host of [...foreign, ...noHosts]) {
      t.match(await call('GET', '/v1/users/me', { headers: { host } }), noHosts.includes(host) ? { status: 400 } : refused, host)
      t.match(await call('GET', '/v1/users/me', { headers: { origin: `https://${host}` } }), refused, `from ${host}`)
    }
    for (const origin of ['null', '', 'file://', 'chrome-extension://abc', 'localhost', 'http://localhost://x', 'ftp://localhost']) t.match(await call('GET', '/scans', { headers: { origin } }), refused, origin)
    for (const [method, url, body] of [['POST', '/v1/auth/login', { username: 'x', password: 'y' }], ['POST', '/login', { username: 'x', password: 'y' }], ['GET', '/health/live', undefined], ['GET', '/nowhere', undefined]] as const) {
      t.match(await call(method, url, { headers: { origin: 'https://evil.example' }, ...(body ? { body } : {}) }), refused, url)
    }
    t.match(await call('GET', '/image/plant/images/a', { headers: { 'sec-fetch-site': 'cross-site' } }), refused, 'a picture in a page has no Origin')
    t.match(await call('GET', '/v1/users/me', { headers: { 'sec-fetch-site': 'same-site' } }), isAdmin)
    const preflight = await call('OPTIONS', '/scans', { headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' } })
    t.equal(preflight.status >= 400 || preflight.headers['access-control-allow-origin'] === '*', true)
  })

  await t.test('clients with secrets get what they ask for', async t => {
    const headers = { authorization: `Basic ${Buffer.from('robot:whatever').toString('base64')}` }
    for (const body of ['grant_type=client_credentials', 'grant_type=client_credentials&client_id=robot&client_secret=x', 'grant_type=password&username=x&password=y']) {
      const answer = await call('POST', '/oauth/token', { body, ...(body.includes('client_id') ? {} : { headers }) })
      t.match(answer, { status: 200, body: { token_type: 'Bearer', scope: /users/ } }, body)
      t.match(await call('GET', '/v1/users/me', { token: answer.body.access_token }), isAdmin)
      t.match(await call('POST', '/oauth/introspect', { headers, body: `token=${answer.body.access_token}` }), { status: 200, body: { active: true, username: 'admin' } })
      t.match(await call('POST', '/oauth/introspect', { headers, body: 'token=nonsense' }), { status: 200, body: { active: false } })
      t.equal((await call('POST', '/oauth/revoke', { headers, body: `token=${answer.body.access_token}` })).status, 200)
    }
    t.equal((await call('POST', '/oauth/device_authorization', { headers, body: '' })).status, 200)
  })

  await t.test('without an admin nobody is anybody', async t => {
    const empty = await start(t, { AUTH: 'off' }, app => { app.ensureFirstAdmin = async () => {} })
    t.match(await empty.call('GET', '/v1/users/me'), { status: 503, body: { code: 'overloaded' } })
    await empty.createUser('chief', { roles: ['admin'] })
    t.match(await empty.call('GET', '/v1/users/me'), { status: 200, body: { username: 'chief' } })
  })
})

t.test('AUTH=off is refused where others could call', async t => {
  const faults = (env: Record<string, string>): string => {
    try {
      loadConfig({ AUTH: 'off', ...env })
      return ''
    } catch (error) {
      return (error as Error).message
    }
  }
  for (const HOST of ['127.0.0.1', '127.1.2.3', '::1', 'localhost', 'LOCALHOST', '']) t.equal(faults({ HOST }), '', HOST)
  for (const HOST of ['0.0.0.0', '::', '192.168.1.5', 'lab.example', 'localhost.lab.example', '2001:db8::1', '127.0.0.1.lab.example']) t.match(faults({ HOST }), /HOST must be 127\.0\.0\.1/, HOST)
  for (const NODE_ENV of ['production', 'Production', ' production']) t.match(faults({ NODE_ENV }), /NODE_ENV=production/)
  t.match(faults({ TRUST_PROXY: '127.0.0.1' }), /TRUST_PROXY/)
  t.match(faults({ HOST: '0.0.0.0', NODE_ENV: 'production' }), /HOST(.|\n)*NODE_ENV/, 'all that is wrong is named')
})
