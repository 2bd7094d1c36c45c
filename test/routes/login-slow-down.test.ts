import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { PASSWORD, start } from '../support/app.js'
import { isSlowedDown } from '../support/limits.js'

/** Signs in from an address of the caller's choice. */
const loginFrom = async (app: FastifyInstance, remoteAddress: string, username: string, password: string) => {
  const { statusCode, headers, body } = await app.inject({ method: 'POST', url: '/v1/auth/login', payload: { username, password }, remoteAddress })
  return { status: statusCode, headers, body: JSON.parse(body) as { code?: string } }
}

t.test('after five failures that account waits at that address, and nobody else does', async t => {
  const running = await start(t, { RATE_LIMIT: 'on' })
  const { app, clock, createUser } = running
  await createUser('ada')
  const began = performance.now()
  for (let failure = 1; failure <= 5; failure++) {
    t.match(await loginFrom(app, '198.51.100.7', failure % 2 ? 'ada' : 'Ada', 'wrong'), { status: 401, body: { code: 'invalid_credentials' } }, `failure ${failure}`)
  }
  // The right password waits as well.
  await isSlowedDown(t, running, 'too_many_attempts', () => loginFrom(app, '198.51.100.7', 'ada', PASSWORD), { seconds: 1, began })
  for (const wait of [1, 2, 4, 8, 16]) {
    clock.advance(wait)
    t.equal((await loginFrom(app, '198.51.100.7', 'ada', 'wrong')).status, 401)
  }
  t.match(await loginFrom(app, '198.51.100.8', 'ada', PASSWORD), { status: 200 }, 'from another address the owner gets in')
  t.match(await loginFrom(app, '198.51.100.7', 'admin', PASSWORD), { status: 200 }, 'another account from the same address gets in')
  t.match(await loginFrom(app, '198.51.100.7', 'ada', PASSWORD), { status: 429 }, 'and neither shortens the wait')
})

t.test('the wait doubles up to 15 minutes with every further failure', async t => {
  const running = await start(t, { RATE_LIMIT: 'on' })
  const { app, clock } = running
  const attempt = () => loginFrom(app, '127.0.0.1', 'admin', 'wrong')
  for (let failure = 1; failure < 5; failure++) await attempt()
  for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]) {
    const began = performance.now()
    t.equal((await attempt()).status, 401)
    await isSlowedDown(t, running, 'too_many_attempts', attempt, { seconds, began })
    clock.advance(seconds)
  }
})

t.test('failures are slowed down for accounts that do not exist, too', async t => {
  const running = await start(t, { RATE_LIMIT: 'on' })
  const attempt = () => loginFrom(running.app, '127.0.0.1', 'nobody', 'wrong')
  const began = performance.now()
  for (let failure = 1; failure <= 5; failure++) await attempt()
  await isSlowedDown(t, running, 'too_many_attempts', attempt, { seconds: 1, began })
})

t.test('the right password of an inactive account is a failure like any other', async t => {
  const running = await start(t, { RATE_LIMIT: 'on' })
  const { app, login, call, createUser } = running
  const gone = await createUser('gone')
  await call('PATCH', `/v1/users/${gone.id}`, { token: (await login('admin')).access_token, body: { active: false } })
  const attempt = () => loginFrom(app, '127.0.0.1', 'gone', PASSWORD)
  const began = performance.now()
  for (let failure = 1; failure <= 5; failure++) t.equal((await attempt()).status, 401)
  await isSlowedDown(t, running, 'too_many_attempts', attempt, { seconds: 1, began })
})

t.test('a sign-in forgets the failures before it', async t => {
  const { app, clock } = await start(t, { RATE_LIMIT: 'on' })
  for (let failure = 1; failure <= 5; failure++) await loginFrom(app, '127.0.0.1', 'admin', 'wrong')
  clock.advance(1)
  t.equal((await loginFrom(app, '127.0.0.1', 'admin', PASSWORD)).status, 200)
  for (let failure = 1; failure <= 4; failure++) t.equal((await loginFrom(app, '127.0.0.1', 'admin', 'wrong')).status, 401)
  t.equal((await loginFrom(app, '127.0.0.1', 'admin', PASSWORD)).status, 200)
})

t.test('a burst of guesses gets no further than single ones', async t => {
  const { app } = await start(t, { RATE_LIMIT: 'on' })
  const answers = await Promise.all(Array.from({ length: 24 }, () => loginFrom(app, '127.0.0.1', 'admin', 'wrong')))
  const tried = answers.filter(({ status }) => status === 401).length
  t.ok(tried >= 5 && tried <= 8, `${tried} guesses were looked at`)
  t.equal(answers.filter(({ status }) => status === 429).length, 24 - tried)
})
