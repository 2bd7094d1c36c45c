import t from 'tap'
import { PASSWORD, start } from '../support/app.js'
import { from, isNoLogout, replicas } from '../support/limits.js'

const wrong = (n: number) => ({ username: `nobody-${n}`, password: 'wrong' })

t.test('logins of one address are limited on all replicas together', async t => {
  const [one, two] = await replicas(t, { LOGIN_LIMIT: '6' })
  const began = performance.now()
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => from(n % 2 ? one : two, '198.51.100.7', wrong(n))))
  const took = Math.ceil((performance.now() - began) / 1000)
  t.equal(answers.filter(({ status }) => status === 401).length, 6)
  const refused = answers.filter(({ status }) => status === 429)
  t.equal(refused.length, 14)
  for (const { code, headers } of refused) {
    t.equal(code, 'too_many_requests')
    const wait = Number(headers['retry-after'])
    t.ok(wait <= 61 && wait >= 61 - took, `${wait} s, a minute after the first of them and no sooner`)
    t.match(headers, { 'ratelimit-policy': '"login";q=6;w=60', ratelimit: `"login";r=0;t=${wait}`, 'content-type': /^application\/problem\+json/ })
  }
  t.equal((await from(one, '198.51.100.8', wrong(1))).status, 401, 'another address is another caller')
  const metrics = await one.app.inject({ url: '/metrics', remoteAddress: '127.0.0.1' })
  t.match(metrics.body, /guardcell_limited_total\{kind="login"\} [1-9]/)
  for (const { clock } of [one, two]) clock.advance(61)
  t.equal((await from(two, '198.51.100.7', wrong(1))).status, 401)
})

t.test('every door at which passwords are looked at counts', async t => {
  const running = await start(t, { RATE_LIMIT: 'on', LOGIN_LIMIT: '4' })
  const { call, clock } = running
  const { access_token: token } = await running.login('admin')
  t.equal((await call('POST', '/oauth/token', { body: 'grant_type=password&username=admin&password=wrong' })).status, 400)
  t.equal((await call('POST', '/login', { body: { username: 'admin', password: 'wrong' } })).status, 401)
  t.equal((await call('POST', '/v1/auth/password', { token, body: { current: 'wrong', new: 'another battery' } })).status, 401)
  const oauth = await call('POST', '/oauth/token', { body: `grant_type=password&username=admin&password=${PASSWORD}` })
  t.match(oauth, { status: 429, body: { error: 'temporarily_unavailable' } })
  const others = [
    oauth,
    await call('POST', '/login', { body: { username: 'admin', password: PASSWORD } }),
    await call('POST', '/v1/auth/login', { body: { username: 'admin', password: PASSWORD } }),
    await call('POST', '/v1/auth/password', { token, body: { current: PASSWORD, new: 'another battery' } })
  ]
  for (const answer of others) {
    t.equal(answer.status, 429)
    isNoLogout(t, answer, answer.body.code ?? 'oauth')
  }
  t.equal((await call('GET', '/v1/users/me', { token })).status, 200, 'who is signed in goes on')
  clock.advance(61)
  t.equal((await call('POST', '/v1/auth/login', { body: { username: 'admin', password: PASSWORD } })).status, 200)
})

t.test('who calls is found from the right, through trusted proxies only', async t => {
  const untrusting = await start(t, { RATE_LIMIT: 'on', LOGIN_LIMIT: '3' })
  for (let n = 0; n < 3; n++) t.equal((await from(untrusting, '198.51.100.7', wrong(n), { 'x-forwarded-for': `203.0.113.${n}`, forwarded: `for=203.0.113.${n}`, 'x-real-ip': `203.0.113.${n}` })).status, 401)
  t.equal((await from(untrusting, '198.51.100.7', wrong(3), { 'x-forwarded-for': '203.0.113.9' })).status, 429, 'an untrusted peer is itself, whatever it says')

  const trusting = await start(t, { RATE_LIMIT: 'on', LOGIN_LIMIT: '3', TRUST_PROXY: '10.0.0.0/8, fd00::/8' })
  const through = (forwarded: string, peer = '10.0.0.1') => from(trusting, peer, wrong(Math.random()), { 'x-forwarded-for': forwarded })
  for (const spoofed of ['1.1.1.1', '2.2.2.2, 10.0.0.9', 'nonsense, 3.3.3.3']) t.equal((await through(`${spoofed}, 198.51.100.7`)).status, 401)
  for (const spoofed of ['', '4.4.4.4, ', '10.0.0.5, 5.5.5.5, ', '10.1.1.1, ']) t.equal((await through(`${spoofed}198.51.100.7`)).status, 429, 'hops before the first that is not trusted are said by anybody')
  t.equal((await through('198.51.100.7, 10.200.0.1')).status, 429, 'several trusted ones are walked through')
  t.equal((await through('198.51.100.7', '::ffff:10.0.0.1')).status, 429, 'a trusted proxy is one however its address is written')
  t.equal((await through('198.51.100.7', 'fd00::1')).status, 429)
  t.equal((await through('::ffff:198.51.100.7')).status, 429)
  t.equal((await through('198.51.100.7:4711')).status, 429, 'a port makes no other caller')
  t.equal((await through('198.51.100.8')).status, 401)
  t.equal((await from(trusting, '198.51.100.7', wrong(1), { 'x-forwarded-for': '10.0.0.1' })).status, 429, 'the same without a proxy')
})

t.test('IPv6 addresses of one /64 are one caller, for the limit and for the slow-down', async t => {
  const running = await start(t, { RATE_LIMIT: 'on', LOGIN_LIMIT: '8', LOGIN_FREE_FAILURES: '3' })
  const admin = (password: string) => ({ username: 'admin', password })
  for (let n = 1; n <= 3; n++) t.equal((await from(running, `2001:db8:1:2::${n}`, admin('wrong'))).status, 401)
  t.match(await from(running, '2001:db8:1:2:aaaa::1', admin(PASSWORD)), { status: 429, code: 'too_many_attempts' })
  t.equal((await from(running, '2001:db8:1:3::1', admin(PASSWORD))).status, 200, 'another /64 is another caller')
  for (let n = 5; n <= 8; n++) t.equal((await from(running, `2001:db8:1:2:${n}::`, wrong(n))).status, 401)
  t.match(await from(running, '2001:db8:1:2:ffff:ffff:ffff:ffff', wrong(9)), { status: 429, code: 'too_many_requests' })
  for (let n = 1; n <= 3; n++) t.equal((await from(running, n % 2 ? '::ffff:192.0.2.1' : '192.0.2.1', admin('wrong'))).status, 401)
  t.match(await from(running, '192.0.2.1', admin(PASSWORD)), { status: 429, code: 'too_many_attempts' })
})

t.test('a stranger who hammers an account keeps its owner neither out nor from going on; an admin forgets the failures', async t => {
  const running = await start(t, { RATE_LIMIT: 'on', LOGIN_LONGEST_WAIT: '4' })
  const { call, login, refresh, createUser, clock } = running
  const ada = await createUser('ada')
  const session = await login('ada')
  const { access_token: admin } = await login('admin')
  const hammer = (address: string): Promise<unknown> => Promise.all(Array.from({ length: 12 }, () => from(running, address, { username: 'ada', password: 'wrong' })))
  await hammer('203.0.113.5')
  t.match(await from(running, '203.0.113.5', { username: 'ada', password: PASSWORD }), { status: 429, code: 'too_many_attempts' })
  t.equal((await from(running, '198.51.100.7', { username: 'ada', password: PASSWORD })).status, 200)
  t.equal((await call('GET', '/v1/users/me', { token: session.access_token })).status, 200)
  t.equal((await refresh(session.refresh_token)).status, 200)

  for (const address of ['198.51.100.8', '2001:db8::1']) await hammer(address)
  const unlock = (id: string, token: string) => call('POST', `/v1/users/${id}/unlock`, { token })
  t.match(await unlock(ada.id, session.access_token), { status: 403, body: { code: 'insufficient_scope' } })
  t.match(await unlock('unknown', admin), { status: 404, body: { code: 'user_not_found' } })
  t.equal((await from(running, '2001:db8::1', { username: 'ada', password: PASSWORD })).status, 429)
  const events: string[] = []
  running.app.events.on('event', ({ type }) => events.push(type))
  t.equal((await unlock(ada.id, admin)).status, 204)
  t.strictSame(events, ['account_unlocked'])
  for (const address of ['203.0.113.5', '198.51.100.8', '2001:db8::1']) t.equal((await from(running, address, { username: 'ada', password: PASSWORD })).status, 200, address)
  for (let n = 0; n < 5; n++) await from(running, '203.0.113.5', { username: 'ada', password: 'wrong' })
  const again = await from(running, '203.0.113.5', { username: 'ada', password: PASSWORD })
  t.match(again, { status: 429, headers: { 'retry-after': '1' } }, 'what fails from now on counts from the beginning')
  clock.advance(1)
  t.equal((await from(running, '203.0.113.5', { username: 'ada', password: PASSWORD })).status, 200)
  for (let n = 0; n < 5; n++) await from(running, '203.0.113.5', { username: 'ada', password: 'wrong' })
  await running.app.accounts.resetPassword('ada', 'another battery')
  t.equal((await from(running, '203.0.113.5', { username: 'ada', password: 'another battery' })).status, 200, 'what failed with the old password is forgotten')
})
