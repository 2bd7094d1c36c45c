import t from 'tap'
import { newKey, PASSWORD, start } from '../support/app.js'
import { from, isNoLogout, replicas } from '../support/limits.js'

t.test('rotations are limited by session; retries are not, and reuse is found', async t => {
  const [one, two] = await replicas(t, { REFRESH_LIMIT: '4' })
  const both = { refresh: (n: number, token: string, key?: string) => (n % 2 ? one : two).refresh(token, key) }
  const first = await one.login('admin')
  const other = await one.login('admin')
  const [a, b, c] = [newKey(), newKey(), newKey()]
  const second = await both.refresh(0, first.refresh_token, a)
  const third = await both.refresh(1, second.body.refresh_token, b)
  t.strictSame([second.status, third.status], [200, 200], 'half of them at once')
  for (let n = 0; n < 4; n++) {
    const limited = await both.refresh(n, third.body.refresh_token, c)
    t.match(limited, { status: 429, body: { code: 'too_many_requests', status: 429 }, headers: { 'ratelimit-policy': '"refresh";q=4;w=60', ratelimit: /^"refresh";r=0;t=\d+$/ } })
    isNoLogout(t, limited, 'a refresh')
    t.strictSame(await both.refresh(n, second.body.refresh_token, b).then(({ status, body }) => [status, body.refresh_token]), [200, third.body.refresh_token], 'a lost answer can be had again')
  }
  const oauth = await one.call('POST', '/oauth/token', { body: `grant_type=refresh_token&refresh_token=${third.body.refresh_token}` })
  t.match(oauth, { status: 429, body: { error: 'temporarily_unavailable' } })
  isNoLogout(t, oauth, 'the token endpoint')
  const plantdb = await one.call('POST', '/token-refresh', { body: { refresh_token: third.body.refresh_token } })
  t.match(plantdb, { status: 429, body: { code: 'too_many_requests' } })
  isNoLogout(t, plantdb, 'the dialect')
  t.equal((await one.refresh(other.refresh_token)).status, 200, 'another session has its own limit')
  const wait = Number((await one.refresh(third.body.refresh_token, c)).headers['retry-after'])
  for (const { clock } of [one, two]) clock.advance(wait)
  const fourth = await both.refresh(0, third.body.refresh_token, c)
  t.equal(fourth.status, 200, 'the same call works once it has waited')
  t.equal((await both.refresh(1, fourth.body.refresh_token)).status, 429)
  t.match(await both.refresh(1, first.refresh_token, newKey()), { status: 401, body: { code: 'refresh_token_reused' } }, 'a spent token is reuse, limit or not')
  t.match(await both.refresh(0, fourth.body.refresh_token), { status: 401, body: { code: 'session_ended' } })
})

t.test('a limited refresh leaves the cookies where they are', async t => {
  const { app } = await start(t, { RATE_LIMIT: 'on', REFRESH_LIMIT: '1' })
  const origin = 'http://localhost'
  const login = await app.inject({ method: 'POST', url: '/v1/auth/login', headers: { host: 'localhost', origin }, payload: { username: 'admin', password: PASSWORD, transport: 'cookie' } })
  const refresh = async (jar: typeof login) => await app.inject({
    method: 'POST', url: '/v1/auth/refresh', headers: { host: 'localhost', origin, 'x-csrf-token': jar.json().csrf_token }, cookies: Object.fromEntries(jar.cookies.map(({ name, value }) => [name, value]))
  })
  const next = await refresh(login)
  t.equal(next.statusCode, 200)
  const limited = await refresh(next)
  t.match(limited.json(), { code: 'too_many_requests' })
  isNoLogout(t, limited, 'a refresh with cookies')
  t.strictSame((await refresh(login)).statusCode, 200, 'another tab with the old cookie is answered like the first')
})

t.test('calls are limited by user, API token and guest, and tell what is left', async t => {
  const running = await start(t, { RATE_LIMIT: 'on', API_LIMIT: '5', GUEST_ACCESS: 'public', CORS_ORIGINS: 'https://lab.example' })
  const { app, call, login, createUser, clock } = running
  const limited: string[] = []
  app.events.on('event', event => { if (event.type === 'limited') limited.push(event.kind) })
  await createUser('ada')
  const { access_token: ada } = await login('ada')
  const { access_token: adaToo } = await login('ada')
  const { access_token: admin } = await login('admin')
  const { body: { token: machine } } = await call('POST', '/v1/api-tokens', { token: admin, body: { name: 'camera', expires_in: 3600, datasets: { '*': ['read'] } } })

  for (let n = 4; n >= 0; n--) {
    t.match(await call('GET', '/v1/users/me', { token: n % 2 ? ada : adaToo }), { status: 200, headers: { 'ratelimit-policy': '"api";q=5;w=60', ratelimit: `"api";r=${n}` } })
  }
  const refused = await call('GET', '/v1/users/me', { token: ada, headers: { origin: 'https://lab.example' } })
  t.match(refused, { status: 429, body: { code: 'too_many_requests' }, headers: { 'ratelimit-policy': '"api";q=5;w=60', ratelimit: /^"api";r=0;t=\d+$/ } })
  t.match(refused.headers['access-control-expose-headers'], /Retry-After.*RateLimit, RateLimit-Policy/)
  isNoLogout(t, refused, 'a call')
  t.strictSame(limited, ['api'])

  for (let n = 0; n < 5; n++) t.equal((await call('GET', '/v1/scans', { token: machine })).status, 200)
  t.equal((await call('GET', '/v1/scans', { token: machine })).status, 429)
  t.equal((await call('GET', '/v1/users/me', { token: admin })).status, 200, 'its owner is another caller')

  const guest = async (remoteAddress: string) => (await app.inject({ url: '/v1/scans', remoteAddress })).statusCode
  for (let n = 1; n <= 5; n++) t.equal(await guest(`2001:db8:1:2::${n}`), 200)
  t.equal(await guest('2001:db8:1:2::6'), 429)
  t.equal(await guest('2001:db8:1:3::6'), 200)
  const scans = await call('GET', '/scans', { token: ada })
  t.match(scans, { status: 429, body: { code: 'too_many_requests', message: /\w/ } }, 'in the dialect as well')
  for (let n = 0; n < 20; n++) t.equal((await call('GET', '/health/live', { token: ada })).status, 200, 'probes are not counted')
  t.match(await call('GET', '/v1/users/me', { token: 'nonsense' }), { status: 401 })
  clock.advance(Number(refused.headers['retry-after']) + 1)
  t.equal((await call('GET', '/v1/users/me', { token: ada })).status, 200)
})

t.test('without limits nothing is counted; each can be switched off by itself', async t => {
  const off = await start(t, { RATE_LIMIT: 'off', LOGIN_LIMIT: '1', REFRESH_LIMIT: '1', API_LIMIT: '1', LOGIN_FREE_FAILURES: '1' })
  const none = await start(t, { RATE_LIMIT: 'on', LOGIN_LIMIT: '0', REFRESH_LIMIT: '0', API_LIMIT: '0' })
  for (const { app, login, refresh, call } of [off, none]) {
    await login('admin')
    let { refresh_token: token, access_token: access } = await login('admin')
    for (let n = 0; n < 40; n++) {
      const { status, body } = await refresh(token)
      if (status !== 200) t.fail(body.code)
      token = body.refresh_token
      access = body.access_token
    }
    const { status, headers } = await call('GET', '/v1/users/me', { token: access })
    t.strictSame([status, headers.ratelimit, headers['ratelimit-policy']], [200, undefined, undefined])
    t.strictSame((await app.redis.keys(`${app.names.limit('')}*`)), [])
  }
  for (let n = 0; n < 8; n++) t.equal((await from(off, '198.51.100.7', { username: 'admin', password: 'wrong' })).status, 401)
})

t.test('a store that is away is 503 to whoever is limited in it, and no logout', async t => {
  const running = await start(t, { RATE_LIMIT: 'on' })
  const { refresh_token: token } = await running.login('admin')
  running.app.redis.disconnect()
  for (const answer of [await running.refresh(token), await running.call('POST', '/v1/auth/login', { body: { username: 'admin', password: PASSWORD } }), await running.call('GET', '/login?username=admin'), await running.call('POST', '/oauth/token', { body: `grant_type=refresh_token&refresh_token=${token}` })]) {
    t.equal(answer.status, 503)
    isNoLogout(t, answer, 'an outage')
  }
})
