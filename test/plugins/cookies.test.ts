import t from 'tap'
import { newKey, PASSWORD, start, type Answer } from '../support/app.js'
import { cookiesSet, headerOf, OWN, pageOf, type Jar } from '../support/jar.js'

const LAB = 'https://lab.example'
const names = ['__Host-gc_access', '__Host-gc_csrf', '__Secure-gc_refresh']

const refusal = ({ status, body }: Answer): unknown[] => [status, body.code]
const untouched = (answer: Answer): boolean => !('set-cookie' in answer.headers)

/** Time goes on from test to test. */
const running = await start(t, { GUEST_ACCESS: 'public' })
const { app, call, clock, login, refresh } = running

t.test('over https the cookies have the prefixes that only https can set, and no others are read', async t => {
  const running = await start(t, { TRUST_PROXY: '127.0.0.1' })
  const proxied = { host: 'lab.example', 'x-forwarded-proto': 'https', origin: LAB }
  const page = pageOf(running)
  const answer = await page.send('POST', '/v1/auth/login', { headers: proxied, body: { username: 'admin', password: PASSWORD, transport: 'cookie' } })
  const set = cookiesSet(answer)
  t.strictSame(Object.keys(set).sort(), names)
  for (const [name, { attributes }] of Object.entries(set)) {
    t.match(attributes, { secure: true, samesite: 'Strict', path: name === '__Secure-gc_refresh' ? '/v1/auth' : '/' }, name)
    t.notOk('domain' in attributes, 'of this host alone')
    t.equal('httponly' in attributes, name !== '__Host-gc_csrf', name)
  }
  const { origin, ...reading } = proxied
  const me = (jar: Jar, headers: Record<string, string>) => running.call('GET', '/v1/users/me', { headers: { ...headers, cookie: headerOf(jar) } })
  t.equal((await me(page.jar, reading)).status, 200)
  const unprefixed = Object.fromEntries(Object.entries(page.jar).map(([name, value]) => [name.replace(/^__\w+-/, ''), value]))
  t.match(await me(unprefixed, reading), { status: 401, body: { code: 'authentication_required' } })
  t.match(await me(page.jar, { host: 'localhost' }), { status: 401, body: { code: 'authentication_required' } }, 'nor are those over http')

  t.equal((await page.send('POST', '/v1/auth/refresh', { headers: proxied })).status, 200)
  t.match(await page.send('POST', '/v1/auth/refresh', { headers: { ...proxied, origin: 'http://lab.example' } }), { status: 403, body: { code: 'csrf_failed' } }, 'the scheme belongs to the origin')
  t.equal((await page.send('POST', '/v1/auth/refresh', { headers: { ...proxied, origin: `${LAB}:443`, 'x-forwarded-host': 'lab.example:443' } })).status, 403, 'browsers leave out the usual port')
  t.equal((await page.send('POST', '/v1/auth/refresh', { headers: { ...proxied, 'x-forwarded-host': 'lab.example:443' } })).status, 200, 'a proxy may say it')
  t.equal((await page.send('POST', '/v1/auth/logout', { headers: proxied })).status, 204)
  t.strictSame(page.jar, {})
})

t.test('where a cookie could be read on the way there are none', async t => {
  const { user } = await login('admin')
  const before = (await app.tokenStore.list(user.id)).map(({ id }) => id)
  const attempt = (headers: Record<string, string>) => call('POST', '/v1/auth/login', { headers, body: { username: 'admin', password: PASSWORD, transport: 'cookie' } })
  for (const headers of [
    { host: 'lab.example' }, { host: '192.168.1.5:8080' }, { host: 'localhost.lab.example' },
    { host: 'localhost', 'x-forwarded-proto': 'https' }, { host: 'localhost', forwarded: 'for=192.0.2.1;proto=https' }
  ]) {
    const answer = await attempt(headers)
    t.strictSame(refusal(answer), [400, 'cookies_need_https'], JSON.stringify(headers))
    t.match(answer.body.detail, /TRUST_PROXY/)
    t.ok(untouched(answer))
  }
  t.strictSame((await app.tokenStore.list(user.id)).map(({ id }) => id), before, 'and no session is opened for nobody')
  for (const host of ['localhost:8080', '127.0.0.1:8080', '[::1]:8080', 'LOCALHOST']) t.equal((await attempt({ host })).status, 200, host)
})

t.test('who may act with cookies: method, origin and token decide', async t => {
  const running = await start(t, { CORS_ORIGINS: `${LAB},http://127.0.0.1:9` })
  await running.createUser('ada')
  const page = pageOf(running)
  await page.login()
  const [other, stranger] = [pageOf(running), pageOf(running)]
  await other.login()
  await stranger.login('ada')
  const good = page.jar.gc_csrf!
  const forged = `${good.slice(0, -1)}${good.endsWith('A') ? 'B' : 'A'}`

  type Sent = Record<string, string | undefined>
  const origins: Record<string, [headers: Sent, allowed: boolean]> = {
    'its own': [{ origin: OWN }, true],
    listed: [{ origin: LAB }, true],
    'listed with a port': [{ origin: 'http://127.0.0.1:9' }, true],
    'not said, same origin': [{ 'sec-fetch-site': 'same-origin' }, true],
    'not said, same site': [{ 'sec-fetch-site': 'same-site' }, false],
    'not said, cross site': [{ 'sec-fetch-site': 'cross-site' }, false],
    'not said, by hand': [{ 'sec-fetch-site': 'none' }, false],
    'not said at all': [{}, false],
    null: [{ origin: 'null' }, false],
    'null of the same origin': [{ origin: 'null', 'sec-fetch-site': 'same-origin' }, false],
    'another site': [{ origin: 'https://elsewhere.example' }, false],
    'another port': [{ origin: 'http://localhost:8081' }, false],
    'another scheme': [{ origin: 'https://localhost' }, false],
    'listed as a prefix': [{ origin: `${LAB}.elsewhere.example` }, false],
    empty: [{ origin: '' }, false]
  }
  const tokens: Record<string, [cookie: string | undefined, header: string | undefined, proves: boolean]> = {
    right: [good, good, true],
    'without header': [good, undefined, false],
    'without cookie': [undefined, good, false],
    neither: [undefined, undefined, false],
    'not equal': [good, forged, false],
    'equal, but made up': [forged, forged, false],
    'equal, but empty': ['', '', false],
    'of another session of the account': [other.jar.gc_csrf, other.jar.gc_csrf, false],
    'of another account': [stranger.jar.gc_csrf, stranger.jar.gc_csrf, false]
  }
  const act = async (method: string, headers: Sent, [cookie, header]: [string | undefined, string | undefined, boolean]): Promise<Answer> => await running.call(method, '/v1/users/me', {
    headers: Object.fromEntries(Object.entries({
      ...headers, 'x-csrf-token': header, cookie: headerOf({ gc_access: page.jar.gc_access!, ...(cookie === undefined ? {} : { gc_csrf: cookie }) })
    }).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    ...(method === 'PATCH' ? { body: { fullname: 'Boss' } } : {})
  })

  for (const [from, [headers, allowed]] of Object.entries(origins)) {
    for (const [how, token] of Object.entries(tokens)) {
      const answer = await act('PATCH', headers, token)
      t.strictSame(refusal(answer), allowed && token[2] ? [200, undefined] : [403, 'csrf_failed'], `PATCH from ${from}, token ${how}`)
    }
    for (const method of ['GET', 'HEAD']) {
      const { status } = await act(method, headers, tokens.neither!)
      t.equal(status, allowed || headers.origin === undefined ? 200 : 403, `${method} from ${from}`)
    }
  }
  const [{ path }] = (await act('PATCH', { origin: 'null' }, tokens.right!)).body.errors
  t.equal(path, '/headers/origin', 'the refusal says what is wrong')
  t.equal((await act('PATCH', { origin: OWN }, tokens.neither!)).body.errors[0].path, '/headers/x-csrf-token')
})

t.test('every route asks for it, whatever it does', async t => {
  const page = pageOf(running)
  await page.login()
  const calls = app.routeRules().filter(({ method, url, auth }) => url.startsWith('/v1/') && typeof auth === 'object' && !['GET', 'HEAD', 'OPTIONS'].includes(method))
  t.ok(calls.length > 20)
  for (const { method, url } of calls) {
    const answer = await call(method, url.replace(/:\w+/g, 'x'), { headers: { cookie: headerOf(page.jar), origin: OWN } })
    t.strictSame(refusal(answer), [403, 'csrf_failed'], `${method} ${url}`)
  }
  for (const url of ['/v1/auth/refresh', '/v1/auth/logout']) {
    const answer = await call('POST', url, { headers: { cookie: headerOf(page.jar), origin: OWN } })
    t.strictSame(refusal(answer), [403, 'csrf_failed'], url)
    t.ok(untouched(answer))
  }
  t.equal((await page.refresh()).status, 200, 'nothing was spent')
})

t.test('an Authorization header hides the cookies, good or bad', async t => {
  await running.createUser('ada')
  const { access_token: token } = await login('ada')
  const page = pageOf(running)
  await page.login()
  const cookie = headerOf(page.jar)
  const me = (authorization: string) => call('GET', '/v1/users/me', { headers: { cookie, authorization } })
  t.match(await me(`Bearer ${token}`), { status: 200, body: { username: 'ada' } })
  for (const authorization of ['Bearer nonsense', 'Bearer', '', 'Basic YWRtaW46', `Bearer ${token}x`]) t.equal((await me(authorization)).status, 401, authorization.slice(0, 12))
  t.equal((await call('GET', '/v1/scans', { headers: { cookie, authorization: 'Bearer nonsense' } })).status, 401)
  const asBearer = await call('PATCH', '/v1/users/me', { token, headers: { cookie }, body: { fullname: 'Ada' } })
  t.match(asBearer, { status: 200, body: { username: 'ada' } }, 'and a header needs no proof, because no browser adds it by itself')
  for (const url of ['/v1/auth/refresh', '/v1/auth/logout']) {
    const answer = await page.send('POST', url, { headers: { authorization: 'Bearer nonsense' } })
    t.equal(answer.status, 401, url)
    t.ok(untouched(answer))
  }
  t.equal((await page.me()).status, 200)
})

t.test('tokens of a session are good for nothing when they come another way', async t => {
  const page = pageOf(running)
  await page.login()
  const pair = await login('admin')
  const { gc_access: access = '', gc_refresh: token = '', gc_csrf: csrf = '' } = page.jar

  t.match(await call('GET', '/v1/users/me', { token: access }), { status: 401, body: { code: 'access_token_invalid' } }, 'out of the jar')
  for (const key of [undefined, newKey()]) t.match(await refresh(token, key), { status: 401, body: { code: 'refresh_token_invalid' } })
  t.match(await call('POST', '/oauth/token', { body: `grant_type=refresh_token&refresh_token=${token}` }), { status: 400, body: { error: 'invalid_grant' } })
  t.match(await call('POST', '/token-refresh', { body: { refresh_token: token } }), { status: 401, body: { code: 'refresh_token_invalid' } })
  t.match(await call('POST', '/v1/auth/logout', { token: access }), { status: 401, body: { code: 'access_token_invalid' } })
  for (const sessions of ['this', 'others', 'all']) t.match(await call('POST', '/v1/auth/logout', { body: { refresh_token: token, sessions } }), { status: 401, body: { code: 'refresh_token_invalid' } })
  t.equal((await page.refresh()).status, 200, 'nothing was spent, and nothing ended')

  const thief = pageOf(running, { gc_access: pair.access_token, gc_refresh: pair.refresh_token, gc_csrf: csrf })
  t.match(await thief.me(), { status: 401, body: { code: 'access_token_invalid' } }, 'into the jar')
  for (const proof of [csrf, app.cookieGuard.tokenOf(pair.session_id)]) {
    thief.jar.gc_csrf = proof
    t.ok([401, 403].includes((await thief.refresh()).status))
    t.ok([401, 403].includes((await thief.logout()).status))
  }
  t.equal((await refresh(pair.refresh_token)).status, 200, 'nothing was spent, and nothing ended')
})

t.test('a machine has no cookies', async t => {
  const { access_token: token } = await login('admin')
  const { body } = await call('POST', '/v1/api-tokens', { token, body: { name: 'camera', expires_in: 3600, datasets: { '*': ['read'] } } })
  t.match(await pageOf(running, { gc_access: body.token }).send('GET', '/v1/scans'), { status: 401, body: { code: 'access_token_invalid' } })
})

t.test('routes that speak the words of others read no cookies', async t => {
  const page = pageOf(running)
  await page.login()
  t.match(await page.send('POST', '/token-validation'), { status: 401, body: { code: 'authentication_required' } })
  t.match(await page.send('POST', '/logout'), { status: 401 })
  t.equal((await pageOf(running, { gc_access: 'nonsense' }).send('GET', '/scans')).status, 200, 'a guest')
  t.equal((await page.send('POST', '/token-refresh', { body: {} })).status, 400)
  t.equal((await page.me()).status, 200)
})

t.test('a guest with an expired cookie is told, a guest without one is a guest', async t => {
  const page = pageOf(running)
  await page.login()
  t.equal((await page.send('GET', '/v1/scans')).status, 200)
  clock.advance(1_000)
  t.match(await page.send('GET', '/v1/scans'), { status: 401, body: { code: 'access_token_expired' } })
  t.equal((await pageOf(running).send('GET', '/v1/scans')).status, 200)
  t.match(await pageOf(running, { gc_access: 'nonsense' }).send('GET', '/v1/scans'), { status: 401, body: { code: 'access_token_invalid' } })
})

t.test('where every origin may read, none may use cookies', async t => {
  const running = await start(t, { CORS_ORIGINS: `*,${LAB}` })
  const page = pageOf(running)
  await page.login()
  for (const origin of [LAB, '*', 'https://elsewhere.example']) {
    for (const [method, url] of [['PATCH', '/v1/users/me'], ['GET', '/v1/users/me'], ['POST', '/v1/auth/refresh'], ['POST', '/v1/auth/logout']] as const) {
      const answer = await page.send(method, url, { headers: { origin }, ...(method === 'PATCH' ? { body: { fullname: 'Boss' } } : {}) })
      t.strictSame(refusal(answer), [403, 'csrf_failed'], `${method} ${url} from ${origin}`)
      t.notOk('access-control-allow-credentials' in answer.headers)
    }
  }
  t.equal((await page.me()).status, 200)
  t.equal((await page.refresh()).status, 200)
})
