import { hash } from 'argon2'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

t.test('the accounts of a PlantDB database are taken over', async t => {
  const prefix = ownPrefix()
  const secret = `base64:${Buffer.alloc(64, 3).toString('base64')}`
  const { login } = await start(t, { REDIS_PREFIX: prefix, JWT_SECRET_KEY: secret })
  const state = await mkdtemp(join(tmpdir(), 'guardcell-import-'))
  t.teardown(() => rm(state, { recursive: true, force: true }))
  const env = { REDIS_URL: process.env.REDIS_URL, REDIS_PREFIX: prefix, JWT_SECRET_KEY: secret, STATE_DIR: state }
  const folder = join(state, 'datasets')
  const write = async (into: string, username: string) => {
    const password = await hash('plant secret', { memoryCost: 8192, timeCost: 2, parallelism: 8 })
    await mkdir(into, { recursive: true })
    await writeFile(join(into, 'users.json'), JSON.stringify([{ username, fullname: 'Of the lab', password_hash: password, roles: ['reader', 'boss'], created_at: '2025-03-01T10:20:30' }]))
    await writeFile(join(into, 'groups.json'), JSON.stringify({ roots: { users: [username], description: null, created_at: '2025-03-01T10:20:30', created_by: username } }))
  }

  await write(folder, 'ada')
  t.strictSame(await runCommand(['import-plantdb'], env), {
    code: 0, text: '1 accounts and 1 groups taken over, 1 lines to look at\nada: without the role "boss", which is unknown here\n'
  })
  t.strictSame((await login('ada', 'plant secret')).user.groups, ['roots'])

  await write(join(state, 'elsewhere'), 'bob')
  t.match(await runCommand(['import-plantdb', join(state, 'elsewhere')], { ...env, DATA_DIR: folder }), { code: 0, text: /^1 accounts and 0 groups/ })
  t.match(await runCommand(['import-plantdb'], { ...env, DATA_DIR: join(state, 'elsewhere') }), { code: 0, text: /^0 accounts and 0 groups taken over, 2 lines/ })

  t.strictSame(await runCommand(['import-plantdb', join(state, 'nowhere')], env), { code: 1, text: 'There is no users.json in the folder.\n' })
  t.match(await runCommand(['import-plantdb', folder, folder], env), { code: 2, text: /import-plantdb \[folder\]/ })
})

t.test('the audit log is printed as JSON lines', async t => {
  const prefix = ownPrefix()
  const secret = `base64:${Buffer.alloc(64, 3).toString('base64')}`
  const { createUser, login } = await start(t, { REDIS_PREFIX: prefix, JWT_SECRET_KEY: secret })
  const ada = await createUser('ada')
  await login('ada')
  const env = { REDIS_URL: process.env.REDIS_URL, REDIS_PREFIX: prefix, JWT_SECRET_KEY: secret }
  await runCommand(['password', 'ada'], env)
  const print = async (...args: string[]) => {
    const { code, text } = await runCommand(['audit', ...args], env)
    t.equal(code, 0)
    return text.split('\n').slice(0, -1).map(line => JSON.parse(line) as { action: string, by: string | null, time: string, device: object | null })
  }
  const events = await print('--user', 'Ada')
  t.strictSame(events.map(({ action }) => action), ['account_created', 'login', 'password_changed', 'session_revoked'])
  t.match(events[1], { user: ada.id, by: null, device: { ip: '127.0.0.1' } })
  t.match(events[2], { by: 'operator', reason: 'password_reset' }, 'who used the command line')
  t.strictSame(await print('--user', ada.id), events)
  t.strictSame(await print('--user', '-of-nobody'), [], 'an id may begin with a dash')
  t.ok((await print()).some(({ action, by }) => action === 'account_created' && by === 'system'), 'without a user those of all')
  t.strictSame(await print('--user', 'ada', '--since', events[1]!.time, '--until', events[2]!.time), [events[1]])
  for (const wrong of [['--since', 'nonsense'], ['--what'], ['more'], ['--user'], ['--since', '--user', 'ada']]) t.match(await runCommand(['audit', ...wrong], env), { code: 2, text: /audit \[--since/ })
})
