import { argon2id, hash } from 'argon2'
import t from 'tap'
import { start } from '../support/app.js'
import { hashForReal } from '../support/argon2.js'

const FULLNAME = 'Zoë'
/** One password as three systems type it: composed, decomposed, and with a space of another kind. */
const composed = 'Zo\u00eb s\u00e9same 1'
const forms = [composed, composed.normalize('NFD'), 'Zo\u00eb\u00a0se\u0301same\u30001']

t.test('a password is the same in each of its forms, wherever it is set and wherever it is asked for', async t => {
  hashForReal(t)
  const { app, call, login } = await start(t, { BASIC_AUTH: 'on', REGISTRATION: 'open' })
  const { access_token: admin } = await login('admin')
  const doors: Record<string, (username: string, password: string) => Promise<number>> = {
    '/v1': async (username, password) => (await call('POST', '/v1/auth/login', { body: { username, password } })).status,
    '/oauth': async (username, password) => (await call('POST', '/oauth/token', { body: new URLSearchParams({ grant_type: 'password', username, password }).toString() })).status,
    PlantDB: async (username, password) => (await call('POST', '/login', { body: { username, password } })).status,
    Basic: async (username, password) => (await call('GET', '/v1/users/me', { headers: { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` } })).status
  }
  const opens = async (username: string): Promise<void> => {
    for (const [door, open] of Object.entries(doors)) for (const form of forms) t.equal(await open(username, form), 200, `${username}, ${door}`)
    t.equal(await doors['/v1']!(username, 'Zoe sesame 1'), 401, 'another letter is another password')
  }
  const [, decomposed = '', spaced = ''] = forms
  const { body: { id } } = await call('POST', '/v1/users', { token: admin, body: { username: 'created', fullname: FULLNAME, password: decomposed } })
  await opens('created')
  t.equal((await call('POST', '/v1/auth/register', { body: { username: 'registered', fullname: FULLNAME, password: spaced } })).status, 201)
  await opens('registered')
  t.equal((await call('POST', '/register', { token: admin, body: { username: 'from-plantdb', fullname: FULLNAME, password: decomposed } })).status, 201)
  await opens('from-plantdb')

  t.equal((await call('POST', `/v1/users/${id}/password`, { token: admin, body: { new: spaced } })).status, 204)
  const { access_token: token } = await login('created', composed)
  t.equal((await call('POST', '/v1/auth/reauthenticate', { token, body: { password: decomposed } })).status, 200)
  t.equal((await call('POST', '/v1/auth/password', { token, body: { current: decomposed, new: `${decomposed}!` } })).status, 204)
  t.equal(await doors['/v1']!('created', `${composed}!`), 200)
  await app.accounts.resetPassword('created', decomposed)
  t.equal(await doors['/v1']!('created', composed), 200)
})

t.test('hashes of what was typed go on working, and are renewed at a sign-in', async t => {
  const { app, login } = await start(t)
  const [, decomposed = ''] = forms
  const parameters = { type: argon2id, memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 }
  t.ok(await app.accounts.adopt({ username: 'ada', fullname: 'Ada', hash: await hash(decomposed, parameters), roles: ['reader'], active: true, created: 0 }))
  await t.rejects(login('ada', composed), /401/, 'the other form is not known yet')
  await login('ada', decomposed)
  await login('ada', composed)
  await login('ada', decomposed)
})

t.test('the first admin signs in with either form of ADMIN_PASSWORD', async t => {
  const { login } = await start(t, { ADMIN_PASSWORD: forms[1]! })
  for (const form of forms) await login('admin', form)
})

t.test('letters are counted as they are read, not as they are typed', async t => {
  const { createUser } = await start(t, { PASSWORD_MIN_LENGTH: '8' })
  await t.rejects(createUser('ada', { password: 'e\u0301'.repeat(7) }), { code: 'password_too_short' })
  await createUser('ada', { password: 'e\u0301'.repeat(8) })
})
