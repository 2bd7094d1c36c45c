import t, { type Test } from 'tap'
import { start, type Running } from '../support/app.js'

type Pair = Awaited<ReturnType<Running['login']>>
interface Credentials { token?: string, body?: Record<string, unknown>, late?: boolean }

const ways: Record<string, (pair: Pair) => Credentials> = {
  'an access token': ({ access_token: token }) => ({ token }),
  'only a refresh token': ({ refresh_token: refresh }) => ({ body: { refresh_token: refresh } }),
  'both tokens': ({ access_token: token, refresh_token: refresh }) => ({ token, body: { refresh_token: refresh } }),
  'an expired access token and a refresh token': ({ access_token: token, refresh_token: refresh }) => ({ token, body: { refresh_token: refresh }, late: true })
}

const reach: Record<string, { own: boolean, other: boolean }> = {
  this: { own: false, other: true },
  others: { own: true, other: false },
  all: { own: false, other: false }
}

/** Signs `ada` out of one of two sessions, and says which are left. */
async function signOut (t: Test, way: (pair: Pair) => Credentials, sessions: string | undefined) {
  const { call, login, refresh, clock, createUser } = await start(t)
  await createUser('ada')
  await createUser('grace')
  const own = await login('ada')
  const other = await login('ada')
  const stranger = await login('grace')
  const { token, body, late } = way(own)
  if (late) {
    clock.advance(1000)
    t.match(await call('GET', '/v1/users/me', { token: own.access_token }), { status: 401, body: { code: 'access_token_expired' } })
  }
  const withSessions = sessions === undefined ? body : { ...body, sessions }
  const answer = await call('POST', '/v1/auth/logout', { ...(token === undefined ? {} : { token }), ...(withSessions === undefined ? {} : { body: withSessions }) })
  t.equal(answer.status, 204)
  t.equal(answer.body, '')

  const lives = async (pair: Pair): Promise<boolean> => {
    if (!late) {
      const { status, body: { code } } = await call('GET', '/v1/users/me', { token: pair.access_token })
      t.strictSame([status, code], status === 200 ? [200, undefined] : [401, 'session_ended'])
    }
    const { status, body: { code } } = await refresh(pair.refresh_token)
    t.strictSame([status, code], status === 200 ? [200, undefined] : [401, 'session_ended'])
    return status === 200
  }
  t.ok(await lives(stranger), 'nobody else is signed out')
  return { own: await lives(own), other: await lives(other) }
}

for (const [name, way] of Object.entries(ways)) {
  for (const sessions of ['this', 'others', 'all']) {
    t.test(`${name} signs out of ${sessions === 'this' ? 'this session' : sessions}`, async t => {
      t.strictSame(await signOut(t, way, sessions), reach[sessions])
    })
  }
  t.test(`${name} signs out of this session when nothing else is said`, async t => {
    t.strictSame(await signOut(t, way, undefined), reach.this)
  })
}

t.test('a sign-out needs credentials that hold', async t => {
  const { call, login, clock } = await start(t)
  const pair = await login('admin')
  const bare = await call('POST', '/v1/auth/logout')
  t.match(bare, { status: 401, body: { code: 'authentication_required' } })
  t.match(bare.headers['www-authenticate'], /^Bearer/)
  t.match(await call('POST', '/v1/auth/logout', { body: { sessions: 'all' } }), { status: 401, body: { code: 'authentication_required' } })
  t.match(await call('POST', '/v1/auth/logout', { token: 'nonsense' }), { status: 401, body: { code: 'access_token_invalid' } })
  t.match(await call('POST', '/v1/auth/logout', { token: pair.refresh_token }), { status: 401, body: { code: 'access_token_invalid' } }, 'a refresh token is no bearer')
  t.match(await call('POST', '/v1/auth/logout', { body: { refresh_token: pair.access_token } }), { status: 401, body: { code: 'refresh_token_invalid' } }, 'an access token is no refresh token')
  clock.advance(1000)
  t.match(await call('POST', '/v1/auth/logout', { token: pair.access_token }), { status: 401, body: { code: 'access_token_expired' } })
  t.match(await call('POST', '/v1/auth/logout', { token: pair.access_token, body: { refresh_token: 'nonsense' } }), { status: 401, body: { code: 'refresh_token_invalid' } })
  clock.advance(-1000)
  t.equal((await call('GET', '/v1/users/me', { token: pair.access_token })).status, 200, 'the session is still there')
})

t.test('whoever holds a refresh token that was spent cannot sign the others out', async t => {
  const { call, login, refresh } = await start(t)
  const spent = await login('admin')
  const other = await login('admin')
  t.equal((await refresh(spent.refresh_token)).status, 200)
  for (const sessions of ['others', 'all']) {
    t.match(await call('POST', '/v1/auth/logout', { body: { refresh_token: spent.refresh_token, sessions } }), { status: 401 }, sessions)
  }
  t.equal((await call('GET', '/v1/users/me', { token: other.access_token })).status, 200)
})

t.test('whoever was not granted sessions cannot sign the others out, by whatever token', async t => {
  const { call, login } = await start(t)
  const narrow = await login('admin', undefined, { scope: 'datasets:read' })
  const other = await login('admin')
  const ways: Credentials[] = [{ token: narrow.access_token }, { body: { refresh_token: narrow.refresh_token } }, { token: 'nonsense', body: { refresh_token: narrow.refresh_token } }]
  for (const { token, body } of ways) {
    for (const sessions of ['others', 'all']) {
      const refused = await call('POST', '/v1/auth/logout', { ...(token === undefined ? {} : { token }), body: { ...body, sessions } })
      t.match(refused, { status: 403, body: { code: 'insufficient_scope' }, headers: { 'www-authenticate': /scope="sessions"/ } }, sessions)
    }
  }
  t.equal((await call('GET', '/v1/users/me', { token: other.access_token })).status, 200)
  t.equal((await call('POST', '/v1/auth/logout', { body: { refresh_token: narrow.refresh_token } })).status, 204, 'its own session is its own to end')
})

t.test('a sign-out says which sessions in words that exist', async t => {
  const { call, login } = await start(t)
  const { access_token: token } = await login('admin')
  for (const body of [{ sessions: 'mine' }, { sessions: null }, { sessions: ['all'] }, { session: 'all' }, { refresh_token: 5 }, []]) {
    t.match(await call('POST', '/v1/auth/logout', { token, body }), { status: 400, body: { code: 'invalid_request' } }, JSON.stringify(body))
  }
  t.equal((await call('GET', '/v1/users/me', { token })).status, 200, 'and ends nothing otherwise')
})
