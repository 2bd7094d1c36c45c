import t from 'tap'
import { newKey, PASSWORD, start, type Answer } from '../support/app.js'
import { cookiesSet, headerOf, keepIn, OWN, pageOf, type Jar } from '../support/jar.js'

const LAB = 'https://lab.example'
const names = ['gc_access', 'gc_csrf', 'gc_refresh']

const refusal = ({ status, body }: Answer): unknown[] => [status, body.code]
const untouched = (answer: Answer): boolean => !('set-cookie' in answer.headers)

/** Time goes on from test to test. */
const running = await start(t, { CORS_ORIGINS: LAB }, app => {
  app.addHook('preHandler', async request => { if (request.headers['x-late']) request.arrived -= 11_000 })
})
const { app, call, clock } = running

t.test('a sign-in with cookies gives the tokens to the browser, and not to the page', async t => {
  const page = pageOf(running)
  const answer = await page.login('admin', { device: 'lab desk' })
  t.match(answer, { status: 200, headers: { 'cache-control': 'no-store' }, body: { token_type: 'Bearer', expires_in: 900, refresh_expires_in: 86_400, user: { username: 'admin' } } })
  t.notOk('access_token' in answer.body || 'refresh_token' in answer.body)

  const set = cookiesSet(answer)
  t.strictSame(Object.keys(set).sort(), names)
  const common = { 'max-age': '86400', samesite: 'Strict' }
  t.strictSame(set.gc_access?.attributes, { ...common, path: '/', httponly: true })
  t.strictSame(set.gc_refresh?.attributes, { ...common, path: '/v1/auth', httponly: true })
  t.strictSame(set.gc_csrf?.attributes, { ...common, path: '/' }, 'the page can read this one')
  t.equal(answer.body.csrf_token, page.jar.gc_csrf, 'and so can a page of a listed origin, which sees no cookie of ours')

  t.match(await page.me(), { status: 200, body: { username: 'admin' } })
  const { items } = (await page.send('GET', '/v1/sessions')).body
  t.match(items, [{ transport: 'cookie', current: true, device: { label: 'lab desk' } }])
})

t.test('each sign-in opens a session of its own and replaces the cookies', async t => {
  const planted = (await pageOf(running).login()).body
  const page = pageOf(running)
  const first = await page.login()
  const before = { ...page.jar }
  const second = await page.login()
  t.equal(new Set([planted, first.body, second.body].map(({ session_id: id }) => id)).size, 3)
  t.strictSame(Object.keys(page.jar).sort(), names)
  for (const name of names) t.not(page.jar[name], before[name], name)
})

t.test('a refresh by cookie spends its token and sets all three anew', async t => {
  const page = pageOf(running)
  const { body: { session_id: session } } = await page.login()
  const old = { ...page.jar }
  clock.advance(1_000)
  t.match(await page.me(), { status: 401, body: { code: 'access_token_expired' } }, 'the cookie outlives what is in it, so that the page is told why')
  const answer = await page.refresh()
  t.match(answer, { status: 200, headers: { 'cache-control': 'no-store' }, body: { session_id: session } })
  t.notOk('access_token' in answer.body || 'refresh_token' in answer.body)
  t.strictSame(Object.keys(cookiesSet(answer)).sort(), names)
  t.not(page.jar.gc_refresh, old.gc_refresh)
  t.equal(page.jar.gc_csrf, old.gc_csrf, 'what proves the page stays, so that other tabs go on')
  t.equal((await page.me()).status, 200)
  const narrow = await page.send('POST', '/v1/auth/refresh', { body: { scope: 'profile' } })
  t.match(narrow, { status: 200, body: { scope: 'profile' } })
  t.equal((await page.send('GET', '/v1/sessions')).status, 403)
})

t.test('tabs that refresh at the same time get the same cookies, and nobody is signed out', async t => {
  const page = pageOf(running)
  await page.login()
  const tabs = Array.from({ length: 20 }, () => pageOf(running, { ...page.jar }))
  const answers = await Promise.all(tabs.map(tab => tab.refresh()))
  t.ok(answers.every(({ status }) => status === 200))
  t.equal(new Set(tabs.map(({ jar }) => headerOf(jar))).size, 1)
  clock.advance(40)
  t.equal((await page.refresh()).status, 200, 'within a minute')
})

t.test('after a minute a spent cookie is reuse, unless the same Idempotency-Key comes with it', async t => {
  for (const [key, code] of [[newKey(), undefined], [undefined, 'refresh_token_reused']] as const) {
    const page = pageOf(running)
    await page.login()
    const other = pageOf(running, { ...page.jar })
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key }
    t.equal((await page.refresh(headers)).status, 200)
    clock.advance(70)
    const late = await other.refresh(headers)
    t.strictSame(refusal(late), code === undefined ? [200, undefined] : [401, code])
    t.strictSame(Object.keys(other.jar).length, code === undefined ? 3 : 0, 'a session that is over leaves no cookies')
  }
})

t.test('cookies are removed when their session is over, and never for want of an answer', async t => {
  const signedIn = async (username = 'admin') => {
    const page = pageOf(running)
    const { body } = await page.login(username)
    return { page, session: body.session_id as string, user: body.user.id as string }
  }
  const { page, session, user } = await signedIn()
  const late = await page.refresh({ 'x-late': '1' })
  t.equal(late.status, 503)
  t.ok(untouched(late))
  for (const headers of [{ 'idempotency-key': 'short' }, { origin: 'https://elsewhere.example' }]) t.ok(untouched(await page.refresh(headers)))
  const broken = pageOf(running, { ...page.jar, gc_refresh: 'nonsense' })
  t.ok(untouched(await broken.refresh()), 'what cannot be read may be of another time')
  t.equal((await page.refresh()).status, 200)

  await app.sessions.revoke(user, session)
  t.match(await page.me(), { status: 401, body: { code: 'session_ended' } })
  t.match(await page.refresh(), { status: 401, body: { code: 'session_ended' } })
  t.strictSame(page.jar, {})
  t.match(await page.refresh(), { status: 401, body: { code: 'authentication_required' } })

  const slept = await signedIn()
  clock.advance(90_000)
  t.match(await slept.page.refresh(), { status: 401, body: { code: 'refresh_token_expired' } })
  t.strictSame(slept.page.jar, {})
})

t.test('a sign-out by cookie ends the session and removes the cookies', async t => {
  const ways: Record<string, (page: ReturnType<typeof pageOf>, session: string, user: string) => unknown> = {
    'with all cookies': () => {},
    'with an expired access token': () => { clock.advance(1_000) },
    'with an expired refresh token': () => { clock.advance(90_000) },
    'without the access cookie': page => { delete page.jar.gc_access },
    'without the refresh cookie': page => { delete page.jar.gc_refresh },
    'of a session that is gone': (_page, session, user) => app.sessions.revoke(user, session)
  }
  for (const [name, prepare] of Object.entries(ways)) {
    const page = pageOf(running)
    const { body } = await page.login()
    await prepare(page, body.session_id, body.user.id)
    const answer = await page.logout()
    t.equal(answer.status, 204, name)
    t.strictSame(Object.entries(cookiesSet(answer)).map(([cookie, { value, attributes }]) => [cookie, value, attributes['max-age'], attributes.path]).sort(), [
      ['gc_access', '', '0', '/'], ['gc_csrf', '', '0', '/'], ['gc_refresh', '', '0', '/v1/auth']
    ])
    t.notOk((await app.tokenStore.list(body.user.id)).some(({ id }) => id === body.session_id), name)
  }
  const [page, other] = [pageOf(running), pageOf(running)]
  await page.login()
  await other.login()
  t.equal((await page.logout({ sessions: 'all' })).status, 204)
  t.match(await other.me(), { status: 401, body: { code: 'session_ended' } })
  t.match(await pageOf(running).logout(), { status: 401, body: { code: 'authentication_required' } })
})

t.test('no other site signs anybody in or out', async t => {
  const body = { username: 'admin', password: PASSWORD, transport: 'cookie' }
  for (const headers of [{ origin: 'https://elsewhere.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }, { origin: 'http://localhost:9' }]) {
    const answer = await call('POST', '/v1/auth/login', { headers, body })
    t.strictSame(refusal(answer), [403, 'csrf_failed'], JSON.stringify(headers))
    t.ok(untouched(answer))
  }
  for (const [type, text] of [['application/x-www-form-urlencoded', 'username=admin&password=x&transport=cookie'], ['text/plain', JSON.stringify(body)], ['multipart/form-data; boundary=x', '--x--']]) {
    t.equal((await call('POST', '/v1/auth/login', { headers: { origin: OWN, 'content-type': type! }, body: text })).status, 415, `a form cannot send JSON: ${type}`)
  }
  for (const headers of [{ origin: LAB }, { origin: OWN }, {}]) t.equal((await call('POST', '/v1/auth/login', { headers, body })).status, 200, JSON.stringify(headers))
  t.equal((await call('POST', '/v1/auth/login', { headers: { origin: 'https://elsewhere.example' }, body: { ...body, transport: 'bearer' } })).status, 200, 'tokens in a body are for whoever knows the password')
  for (const transport of ['cookies', '', null, 1]) t.equal((await call('POST', '/v1/auth/login', { body: { ...body, transport } })).status, 400)
})

t.test('a page of a listed origin uses cookies with what the answers tell it', async t => {
  const jar: Jar = {}
  const answer = await call('POST', '/v1/auth/login', { headers: { origin: LAB }, body: { username: 'admin', password: PASSWORD, transport: 'cookie' } })
  t.match(answer.headers, { 'access-control-allow-origin': LAB, 'access-control-allow-credentials': 'true' })
  keepIn(jar, answer)
  const refreshed = await call('POST', '/v1/auth/refresh', { headers: { origin: LAB, cookie: headerOf(jar), 'x-csrf-token': answer.body.csrf_token } })
  t.match(refreshed, { status: 200, body: { csrf_token: answer.body.csrf_token } })
})
