import t from 'tap'
import { runCommand } from '#lib/cli.js'
import { ownPrefix, start } from '../support/app.js'

t.test('a lost password is replaced, and whoever had it is out', async t => {
  const prefix = ownPrefix()
  const secret = `base64:${Buffer.alloc(64, 3).toString('base64')}`
  const { call, createUser, login } = await start(t, { REDIS_PREFIX: prefix, JWT_SECRET_KEY: secret })
  await createUser('ada')
  const { access_token: token } = await login('ada')
  const env = { REDIS_URL: process.env.REDIS_URL, REDIS_PREFIX: prefix, JWT_SECRET_KEY: secret }

  const { code, text } = await runCommand(['password', 'Ada'], env)
  t.equal(code, 0)
  t.equal((await call('GET', '/v1/users/me', { token })).status, 401)
  t.equal((await call('POST', '/v1/auth/login', { body: { username: 'ada', password: 'correct horse battery' } })).status, 401)
  await login('ada', /: (\S+)\n/.exec(text)![1])

  t.match(await runCommand(['password', 'nobody'], env), { code: 1, text: 'There is no such user.' })
  t.match(await runCommand(['password', 'ada'], { ...env, JWT_SECRET_KEY: 'short' }), { code: 1, text: /JWT_SECRET_KEY is too short/ })
})

t.test('the command line says how it is used', async t => {
  t.match(await runCommand([], {}), { code: 0, text: /password <username>/ })
  t.match(await runCommand(['nonsense'], {}), { code: 2, text: /Usage/ })
  t.match(await runCommand(['password'], { REDIS_URL: process.env.REDIS_URL, REDIS_PREFIX: ownPrefix(), JWT_SECRET_KEY: 'a passphrase of a lab' }), { code: 2, text: /Usage/ })
})
