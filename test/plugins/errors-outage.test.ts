import t, { type Test } from 'tap'
import { PASSWORD, start, type Answer, type Running } from '../support/app.js'
import { freePort, startRedis } from '../support/redis.js'

/** A service on a Redis of its own that keeps what it was told. */
async function onOwnRedis (t: Test) {
  const redis = await startRedis('--appendonly', 'yes', '--appendfsync', 'always')
  t.teardown(redis.remove)
  return { redis, ...await start(t, { REDIS_URL: redis.url }) }
}

type Pair = Awaited<ReturnType<Running['login']>>

const callsOf = ({ call }: Running, { access_token: token, refresh_token: refresh, session_id: id, user }: Pair): Record<string, () => Promise<Answer>> => ({
  'a look at the profile': () => call('GET', '/v1/users/me', { token }),
  'a change of the profile': () => call('PATCH', '/v1/users/me', { token, body: { fullname: 'Boss' } }),
  'a sign-in': () => call('POST', '/v1/auth/login', { body: { username: 'admin', password: PASSWORD } }),
  'a sign-in with a wrong password': () => call('POST', '/v1/auth/login', { body: { username: 'admin', password: 'wrong' } }),
  'a refresh': () => call('POST', '/v1/auth/refresh', { body: { refresh_token: refresh } }),
  'a sign-out': () => call('POST', '/v1/auth/logout', { token }),
  'a sign-out with a refresh token': () => call('POST', '/v1/auth/logout', { body: { refresh_token: refresh, sessions: 'all' } }),
  'a change of the password': () => call('POST', '/v1/auth/password', { token, body: { current: PASSWORD, new: 'another password' } }),
  'the list of sessions': () => call('GET', '/v1/sessions', { token }),
  'the end of a session': () => call('DELETE', `/v1/sessions/${id}`, { token }),
  'the list of accounts': () => call('GET', '/v1/users', { token }),
  'the end of an account': () => call('DELETE', `/v1/users/${user.id}`, { token })
})

const oauthCalls = ({ call }: Running, { access_token: token, refresh_token: refresh }: Pair): Record<string, () => Promise<Answer>> => ({
  'a password grant': () => call('POST', '/oauth/token', { body: `grant_type=password&username=admin&password=${encodeURIComponent(PASSWORD)}` }),
  'a refresh token grant': () => call('POST', '/oauth/token', { body: `grant_type=refresh_token&refresh_token=${refresh}` }),
  'a revocation': () => call('POST', '/oauth/revoke', { body: `token=${token}` })
})

function saysLater (t: Test, answer: Answer, name: string): void {
  t.equal(answer.status, 503, name)
  t.match(answer.headers['retry-after'], /^[1-9]\d*$/, name)
}

async function untilReady (call: Running['call']): Promise<void> {
  for (const until = Date.now() + 15_000; Date.now() < until;) {
    if ((await call('GET', '/health/ready')).status === 200) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error('the service did not find Redis again')
}

t.test('while Redis is gone every call is told to come back, and nobody is signed out', async t => {
  const running = await onOwnRedis(t)
  const { redis, call, login, refresh } = running
  const pair = await login('admin')
  await redis.kill()

  for (const [name, ask] of Object.entries(callsOf(running, pair))) {
    const answer = await ask()
    saysLater(t, answer, name)
    t.equal(answer.body.code, 'store_unavailable', name)
    t.match(answer.headers['content-type'], /^application\/problem\+json/, name)
  }
  for (const [name, ask] of Object.entries(oauthCalls(running, pair))) {
    const answer = await ask()
    saysLater(t, answer, name)
    t.strictSame(Object.keys(answer.body).sort(), ['error', 'error_description'], name)
  }
  for (const url of ['/health/live', '/openapi.json', '/metrics']) t.equal((await call('GET', url)).status, 200, url)
  t.equal((await call('GET', '/v1/users/me')).status, 401, 'who sends nothing is told so even now')
  t.equal((await call('GET', '/v1/users/me', { token: 'nonsense' })).status, 401)

  await redis.start()
  await untilReady(call)
  t.match(await call('GET', '/v1/users/me', { token: pair.access_token }), { status: 200, body: { fullname: 'Administrator' } }, 'the session has survived')
  const next = await refresh(pair.refresh_token)
  t.equal(next.status, 200, 'and its refresh token was not spent')
  t.ok((await login('admin')).access_token, 'and the password is the old one')
})

t.test('a Redis that does not answer is as good as gone', async t => {
  const { redis, call, login } = await onOwnRedis(t)
  const { access_token: token } = await login('admin')
  process.kill(redis.pid(), 'SIGSTOP')
  const from = Date.now()
  const answer = await call('GET', '/v1/users/me', { token })
  process.kill(redis.pid(), 'SIGCONT')
  saysLater(t, answer, 'instead of waiting for ever')
  t.ok(Date.now() - from < 10_000)
  await untilReady(call)
  t.equal((await call('GET', '/v1/users/me', { token })).status, 200)
})

t.test('a Redis that takes no writes is as good as gone, and spends nothing', async t => {
  const { app, call, login } = await onOwnRedis(t)
  const { refresh_token: refresh } = await login('admin')
  await app.redis.call('REPLICAOF', '127.0.0.1', String(await freePort()))
  saysLater(t, await call('POST', '/v1/auth/refresh', { body: { refresh_token: refresh } }), 'a refresh')
  await untilReady(call)
  saysLater(t, await call('POST', '/v1/auth/login', { body: { username: 'admin', password: PASSWORD } }), 'a sign-in')
  await untilReady(call)
  await app.redis.call('REPLICAOF', 'NO', 'ONE')
  t.equal((await call('POST', '/v1/auth/refresh', { body: { refresh_token: refresh } })).status, 200)
})
