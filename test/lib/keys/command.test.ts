import t, { type Test } from 'tap'
import { runCommand } from '#lib/cli.js'
import { ownPrefix, PASSWORD, start } from '../../support/app.js'
import { newSecret } from '../../support/pairing.js'

function installation (env: Record<string, string> = {}) {
  const shared = { REDIS_PREFIX: ownPrefix(), ISSUER: 'http://lab.example', JWT_SECRET_KEY: newSecret(), ...env }
  return {
    shared,
    serve: (t: Test, more: Record<string, string> = {}) => start(t, { ...shared, ...more }),
    run: (words: string, more: Record<string, string> = {}) => runCommand(words.split(' '), { REDIS_URL: process.env.REDIS_URL, ...shared, ...more })
  }
}

t.test('keys are listed and rotated from the command line', async t => {
  const lab = installation()
  const { app } = await lab.serve(t)
  const { kid } = app.keys.current
  t.match(await lab.run('keys list'), { code: 0, text: new RegExp(`^${kid}  HS512  current   made \\S+\n$`) })
  t.match(await lab.run('keys rotate'), { code: 0, text: /^\S+ {2}HS512 {2}next .*\nIt signs after KEY_OVERLAP\.\n$/ })
  await app.keys.tend()
  t.strictSame((await app.keys.list()).map(({ status }) => status), ['next', 'current'])
  const { text } = await lab.run('keys status')
  t.match(text, new RegExp(`The secret in use is ${app.keys.secrets()[0].id}\\.\nOther processes that run on it: 1\\.\nJWT_SECRET_KEY_PREVIOUS can go: nothing needs it\\.`))
  t.match(await lab.run(`keys remove ${kid}`), { code: 1, text: /That key signs/ })
  t.match(await lab.run(`keys remove ${(await app.keys.list())[0]!.kid}`), { code: 0, text: /is gone/ })
  t.match(await lab.run('keys remove unknown'), { code: 1, text: /There is no such key/ })
  await app.keys.tend()
  for (const words of ['keys', 'keys remove', 'keys nonsense', 'keys list more', 'keys reset', 'keys reset --no']) t.match(await lab.run(words), { code: 2, text: /Usage/ }, words)
  t.equal((await app.keys.list())[0]!.kid, kid, 'without --yes nothing is reset')
})

t.test('AUTH=off has keys as well, of the secret in its folder', async t => {
  const { app, call } = await start(t, { AUTH: 'off' })
  const { body } = await call('POST', '/v1/keys/rotate', { headers: { host: 'localhost' } })
  t.equal(body.status, 'next')
  t.equal((await app.keys.list()).length, 2)
})

t.test('once the secret is lost, a start over keeps the accounts and ends what was signed', async t => {
  const lab = installation()
  const lost = await lab.serve(t)
  const ada = await lost.createUser('ada', { email: 'ada@lab.example' })
  const pair = await lost.login('ada')
  const { body: { token: camera } } = await lost.call('POST', '/v1/api-tokens', { token: pair.access_token, body: { name: 'camera', datasets: { '*': ['read'] } } })
  const JWT_SECRET_KEY = newSecret()
  t.match(await lab.run('keys status', { JWT_SECRET_KEY }), { code: 1, text: /guardcell keys reset/ })
  t.match(await lab.run('keys reset --yes', { JWT_SECRET_KEY }), { code: 1, text: /1 processes of the service run: stop them first/ })
  t.equal((await lost.call('GET', '/v1/users/me', { token: pair.access_token })).status, 200)

  await lost.app.close()
  t.match(await lab.run('keys reset --yes', { JWT_SECRET_KEY }), { code: 0, text: /The keys are new. Sessions and API tokens of 2 accounts have ended/ })
  const { call, login, refresh, app } = await lab.serve(t, { JWT_SECRET_KEY })
  for (const token of [pair.access_token, camera]) t.equal((await call('GET', '/v1/scans', { token })).status, 401)
  t.equal((await refresh(pair.refresh_token)).status, 401)
  t.equal(app.keys.issuer, 'http://lab.example')
  const { access_token: token } = await login('ada', PASSWORD)
  t.match((await call('GET', '/v1/users/me', { token })).body, { id: ada.id, email: null })
  t.match((await call('GET', '/v1/sessions', { token })).body, { items: { length: 1 } })
  t.match((await call('GET', '/v1/api-tokens?status=all', { token })).body.items, [{ status: 'revoked', ended_reason: 'keys_reset' }])
  const { body } = await call('GET', '/v1/audit?kind=keys', { token: (await login('admin')).access_token })
  t.match(body.items, [{ action: 'keys_reset', by: 'operator' }])
})
