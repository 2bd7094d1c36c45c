import t from 'tap'
import type { AuthEvent } from '#lib/events.js'
import { PASSWORD, start } from '../support/app.js'

const NEXT = 'a staple for the battery'

/** A service and what a subscriber was told since the last look; the subscriber comes after some that fail. */
async function listening (...args: Parameters<typeof start>) {
  const running = await start(...args)
  let told: AuthEvent[] = []
  running.app.events.on('event', () => { throw new Error('a listener that throws') })
  const rejects = (): unknown => Promise.reject(new Error('a listener that rejects'))
  running.app.events.on('event', rejects)
  running.app.events.on('event', event => { told.push(event) })
  const look = (): AuthEvent[] => {
    const seen = told
    told = []
    return seen
  }
  return { ...running, look }
}

t.test('a subscriber is told of each step in the life of an account, whatever others do', async t => {
  const { call, login, refresh, createUser, look } = await listening(t)
  const { id: user } = await createUser('ada')
  t.strictSame(look(), [{ type: 'account_created', user }])

  const first = await login('ada')
  const session = first.session_id
  t.strictSame(look(), [{ type: 'login', user, session }])

  t.equal((await call('POST', '/v1/auth/login', { body: { username: 'ada', password: 'wrong' } })).status, 401)
  t.strictSame(look(), [{ type: 'login_failed', user }])

  const second = (await refresh(first.refresh_token)).body
  t.strictSame(look(), [{ type: 'refresh', user, session, outcome: 'rotated' }])

  t.equal((await call('POST', '/v1/auth/reauthenticate', { token: second.access_token, body: { password: PASSWORD } })).status, 200)
  t.strictSame(look(), [{ type: 'reauthenticated', user, session }])

  t.equal((await refresh(first.refresh_token)).status, 401)
  t.strictSame(look(), [{ type: 'reuse', user, session, token: 'predecessor' }, { type: 'sessions_ended', user, sessions: [session], reason: 'reuse' }])

  const [own, other] = [await login('ada'), await login('ada')]
  look()
  t.equal((await call('POST', '/v1/auth/password', { token: own.access_token, body: { current: PASSWORD, new: NEXT } })).status, 204)
  t.strictSame(look(), [{ type: 'account_changed', user, members: ['password'] }, { type: 'sessions_ended', user, sessions: [other.session_id], reason: 'password_changed' }])

  t.equal((await call('POST', '/v1/auth/logout', { token: own.access_token })).status, 204)
  t.strictSame(look(), [{ type: 'sessions_ended', user, sessions: [own.session_id], reason: 'logout' }])
  t.equal((await call('POST', '/v1/auth/logout', { token: own.access_token })).status, 204)
  t.strictSame(look(), [], 'what has ended does not end again')
})

t.test('an event holds nothing that is secret', async t => {
  const { login, refresh, createUser, look, app } = await listening(t)
  const { id } = await createUser('ada')
  const pair = await login('ada')
  await refresh(pair.refresh_token)
  await app.accounts.setPassword(id, NEXT)
  const text = JSON.stringify(look())
  for (const secret of [PASSWORD, NEXT, '$argon2', pair.access_token, pair.refresh_token]) t.notMatch(text, secret)
})

t.test('what the service itself listens for is not lost when a listener fails', async t => {
  const { app, login, call } = await start(t, {}, app => {
    app.events.prependListener('event', () => { throw new Error('first in line') })
  })
  t.ok((await login('admin')).access_token)
  t.match((await call('GET', '/metrics')).body, /guardcell_auth_events_total\{type="login"[^}]*\} 1/)
  t.ok(app.events.listenerCount('event') > 1)
})

t.test('a listener for once is told once', async t => {
  const { app, login } = await start(t)
  let times = 0
  app.events.once('event', () => { times++ })
  await login('admin')
  await login('admin')
  t.equal(times, 1)
})
