import type { Redis } from 'ioredis'
import t from 'tap'
import { newKey, start, type Answer, type Running } from '../../support/app.js'
import { hashForReal } from '../../support/argon2.js'

const TIMES = 200

const outcomes = (answers: Answer[]) => ({
  successes: answers.filter(a => a.status === 200).length,
  pairs: new Set(answers.filter(a => a.status === 200).map(a => `${a.body.access_token} ${a.body.refresh_token}`)).size,
  codes: new Set(answers.filter(a => a.status !== 200).map(a => a.body.code))
})

async function race ({ refresh, login }: Running, key?: string) {
  const { refresh_token: token, session_id: session } = await login('admin')
  return { session, ...outcomes(await Promise.all(Array.from({ length: TIMES }, () => refresh(token, key)))) }
}

t.test('200 at once with one token, no key and no grace: one wins, the session ends', async t => {
  const running = await start(t)
  const events: string[] = []
  running.app.events.on('event', event => events.push(event.type))
  const { successes, codes } = await race(running)
  t.equal(successes, 1)
  t.strictSame([...codes].sort(), ['refresh_token_reused', 'session_ended'])
  t.equal(events.filter(type => type === 'reuse').length, 1, 'one alarm')
  const { access_token: token } = await running.login('admin')
  t.equal((await running.call('GET', '/v1/sessions', { token })).body.items.length, 1, 'only the new session is left')
})

t.test('200 at once within a grace of 30 s: all get one pair', async t => {
  t.match(await race(await start(t, { REFRESH_GRACE: '30' })), { successes: TIMES, pairs: 1 })
})

t.test('200 at once with one Idempotency-Key: all get one pair', async t => {
  t.match(await race(await start(t), newKey()), { successes: TIMES, pairs: 1 })
})

t.test('50 logins at once never make more than 10 sessions', async t => {
  // They take the time in which somebody looks.
  hashForReal(t)
  const { app, call, login } = await start(t, { MAX_SESSION: '10' })
  const { user } = await login('admin')
  let most = 0
  let looks = 0
  let watching = true
  const watch = (async () => {
    while (watching) {
      most = Math.max(most, await (app.redis as Redis).zcard(`${app.names.user(user.id)}:sessions`), (await app.tokenStore.list(user.id)).length)
      looks++
    }
  })()
  const answers = await Promise.all(Array.from({ length: 50 }, () => call('POST', '/v1/auth/login', { body: { username: 'admin', password: 'correct horse battery' } })))
  watching = false
  await watch
  t.ok(answers.every(a => a.status === 200))
  t.equal(most, 10)
  t.ok(looks > 50, `looked ${looks} times`)
})

t.test('50 logins at once where the limit rejects: ten get in', async t => {
  const { call, createUser } = await start(t, { MAX_SESSION: '10', MAX_SESSION_POLICY: 'reject' })
  await createUser('ada')
  const answers = await Promise.all(Array.from({ length: 50 }, () => call('POST', '/v1/auth/login', { body: { username: 'ada', password: 'correct horse battery' } })))
  t.equal(answers.filter(a => a.status === 200).length, 10)
  t.equal(answers.filter(a => a.body.code === 'session_limit_reached').length, 40)
})

t.test('a password change that races a login with the old one leaves no session of it', async t => {
  const { app, call, createUser, login } = await start(t)
  const user = await createUser('ada')
  const { session_id: session } = await login('ada')
  const logins = Array.from({ length: 8 }, () => call('POST', '/v1/auth/login', { body: { username: 'ada', password: 'correct horse battery' } }))
  await app.accounts.changePassword({ user: user.id, session, current: 'correct horse battery', next: 'another battery', address: '::1' })
  await Promise.all(logins)
  t.strictSame((await app.tokenStore.list(user.id)).map(s => s.id), [session])
})
