import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { openRedis } from '#lib/redis/open.js'
import { newKey, ownPrefix, PASSWORD } from '../support/app.js'
import { newSecret } from '../support/pairing.js'
import { MAIN, refusal, serve, stateDir, until, type Env, type Service } from './process.js'

const execute = promisify(execFile)

async function call ({ url }: Service, path: string, { token, body, key }: { token?: string, body?: unknown, key?: string } = {}): Promise<{ status: number, body: any }> {
  const response = await fetch(url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(key === undefined ? {} : { 'idempotency-key': key }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  return { status: response.status, body: await response.json() }
}

const login = async (service: Service, username: string) => (await call(service, '/v1/auth/login', { body: { username, password: PASSWORD, device: 'microscope' } })).body

t.test('the secret of a file is replaced by one of a variable, step by step, and nothing that nobody touches is lost', async t => {
  const STATE_DIR = await stateDir(t)
  const env: Env = { REDIS_URL: process.env.REDIS_URL!, REDIS_PREFIX: ownPrefix(), STATE_DIR, ADMIN_PASSWORD: PASSWORD, ISSUER: 'http://lab.example', KEY_OVERLAP: '2', RATE_LIMIT: 'off' }
  const start = (more: Env): Promise<Service> => serve(t, MAIN, { ...env, PORT: '0', ...more })
  const refused = async (more: Env): Promise<string> => (await refusal(t, MAIN, { ...env, PORT: '0', ...more })).stderr
  const status = async (more: Env): Promise<string> =>
    (await execute(process.execPath, ['bin/guardcell.js', 'keys', 'status'], { env: { PATH: process.env.PATH, ...env, ...more } })).stdout

  const old = await start({})
  const former = (await readFile(join(STATE_DIR, 'secret'), 'utf8')).trim()
  const secret = newSecret()
  const { access_token: admin } = await login(old, 'admin')
  await call(old, '/v1/users', { token: admin, body: { username: 'ada', fullname: 'Ada', password: PASSWORD, email: 'ada@lab.example' } })
  const idle = await login(old, 'ada')
  const { body: { token: camera } } = await call(old, '/v1/api-tokens', { token: idle.access_token, body: { name: 'camera', datasets: { '*': ['read'] } } })

  t.match(await refused({ JWT_SECRET_KEY: secret }), /is not the one that this Redis was set up with.*guardcell keys reset/)
  const both = { JWT_SECRET_KEY: secret, JWT_SECRET_KEY_PREVIOUS: former }
  const changing = await start(both)
  t.match(await refused({ JWT_SECRET_KEY: secret }), /JWT_SECRET_KEY_PREVIOUS cannot go yet: .*guardcell keys status/)
  t.match(await status(both), /Other processes that run on it: 2\.\nJWT_SECRET_KEY_PREVIOUS cannot go yet: 1 of 3 processes/)
  await old.end('SIGTERM')
  const { redis } = await openRedis(env.REDIS_URL!, () => {})
  t.teardown(() => { redis.disconnect() })
  await until('the former secret is given up', async () => (await redis.hkeys(`${env.REDIS_PREFIX}{keys}:facts`)).some(field => field.startsWith('former:')))
  t.match(await status(both), /JWT_SECRET_KEY_PREVIOUS can go/)
  await changing.end('SIGTERM')

  const late = await start({ JWT_SECRET_KEY: secret })
  t.match(await call(late, '/v1/users/me', { token: idle.access_token }), { status: 200, body: { email: 'ada@lab.example' } })
  t.equal((await call(late, '/v1/scans', { token: camera })).status, 200)
  const { body: pair } = await call(late, '/v1/auth/refresh', { body: { refresh_token: idle.refresh_token }, key: newKey() })
  t.match((await call(late, '/v1/sessions', { token: pair.access_token })).body.items, [{ id: idle.session_id, device: { label: 'microscope', ip: '127.0.0.1' } }])
  t.match((await call(late, '/v1/audit?action=login', { token: pair.access_token })).body.items, [{ session: idle.session_id, device: { ip: '127.0.0.1' } }])
})
