import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { freePort, startRedis } from '../support/redis.js'
import { startRelay } from '../support/relay.js'
import { linkIn } from '../support/smtp.js'
import { call, login, MAIN, refresh, serve, stateDir, until, type Reply } from './process.js'

const PASSWORD = 'correct horse battery'

t.test('what was answered is in the audit log, also when the service is killed right after', async t => {
  const redis = await startRedis('--appendonly', 'yes', '--appendfsync', 'always')
  t.teardown(redis.remove)
  const env = { REDIS_URL: redis.url, STATE_DIR: await stateDir(t), ADMIN_PASSWORD: PASSWORD }
  const start = async () => await serve(t, MAIN, { ...env, PORT: String(await freePort()) })
  let { url, end } = await start()
  const killed = async <T>(act: () => Promise<T>): Promise<T> => {
    const answer = await act()
    await end('SIGKILL')
    await redis.kill()
    await redis.start()
    ;({ url, end } = await start())
    return answer
  }

  const { body: pair } = await killed(() => login(url, PASSWORD))
  t.equal((await killed(() => login(url, 'wrong'))).status, 401)
  const { body: next } = await refresh(url, pair.refresh_token)
  t.equal((await killed(() => refresh(url, pair.refresh_token))).body.code, 'refresh_token_reused')
  t.ok(next.refresh_token)
  const { body: { access_token: token } } = await login(url, PASSWORD)
  const { body: ada } = await killed(() => call(`${url}/v1/users`, { token, body: { username: 'ada', fullname: 'Ada', password: PASSWORD } }))

  const { body: { items } } = await call(`${url}/v1/audit?limit=500`, { token })
  const events = (items as Array<{ action: string, user: string }>).toReversed()
  t.strictSame(events.map(({ action }) => action), ['account_created', 'login', 'login_failed', 'reuse', 'login', 'account_created'])
  t.equal(events.at(-1)?.user, ada.id)
})

/** How long what the service writes is on its way: much longer than from its answer to its end. */
const DELAY_MS = 50

t.test('and so is what is recorded of refusals, links and pairings', async t => {
  const redis = await startRedis()
  t.teardown(redis.remove)
  const relay = await startRelay(t, redis.port)
  const folder = await stateDir(t)
  const env = { REDIS_URL: `redis://127.0.0.1:${relay.port}`, STATE_DIR: folder, ADMIN_PASSWORD: PASSWORD, REGISTRATION: 'open' }
  const start = async () => await serve(t, MAIN, { ...env, PORT: String(await freePort()) })
  let { url, end } = await start()
  const { body: { access_token: token } } = await login(url, PASSWORD)

  const post = async (path: string, body: object, as?: string): Promise<Reply> => await call(`${url}${path}`, { body, ...(as === undefined ? {} : { token: as }) })
  const account = (username: string) => ({ username, fullname: username, password: PASSWORD })
  const mails = async (): Promise<string[]> => (await readdir(join(folder, 'mail')).catch(() => [])).filter(name => name.endsWith('.txt'))
  /** The link in the next mail. */
  const mailed = async (act: () => Promise<unknown>): Promise<string> => {
    const before = await mails()
    await act()
    const isNew = (file: string): boolean => !before.includes(file)
    await until('the mail is there', async () => (await mails()).some(isNew))
    return linkIn(await readFile(join(folder, 'mail', (await mails()).find(isNew)!), 'utf8')).token
  }
  const deviceCode = async (): Promise<string> =>
    (await (await fetch(`${url}/oauth/device_authorization`, { method: 'POST', body: new URLSearchParams({ client_id: 'guardcell' }) })).json() as { user_code: string }).user_code

  const { body: invited } = await post('/v1/invitations', {}, token)
  const verification = await mailed(() => post('/v1/auth/register', { ...account('ada'), email: 'ada@lab.example' }))
  const [approved, denied] = [await deviceCode(), await deviceCode()]
  const { body: { access_token: adas } } = await post('/v1/auth/login', { username: 'ada', password: PASSWORD })

  /** What is done, and the status of its answer; a mail is an answer, too. */
  const acts: Record<string, () => Promise<{ status: number }>> = {
    credentials_refused: () => call(`${url}/v1/users/me`, { token: 'nonsense' }),
    device_approved: () => post('/v1/devices/approve', { user_code: approved, name: 'camera', datasets: { '*': ['read'] } }, token),
    device_denied: () => post('/v1/devices/deny', { user_code: denied }, token),
    access_denied: () => call(`${url}/v1/users`, { token: adas }),
    link_refused: () => post('/v1/auth/email/verify', { token: 'nonsense' }),
    invitation_created: () => post('/v1/invitations', {}, token),
    registered: () => post('/v1/auth/register', { ...account('grace'), invitation: invited.token }),
    email_verified: () => post('/v1/auth/email/verify', { token: verification }),
    password_reset_requested: async () => {
      await mailed(() => post('/v1/auth/password/forgot', { username: 'ada' }))
      return { status: 202 }
    }
  }
  const statuses: Record<string, number> = { credentials_refused: 401, device_approved: 200, device_denied: 204, access_denied: 403, link_refused: 410, invitation_created: 201, registered: 201, email_verified: 204, password_reset_requested: 202 }
  // Where not every end is a killed process, the others are cut off from Redis, which sees no difference.
  const killed = new Set(process.env.AUDIT_KILLS === 'all' ? Object.keys(acts) : ['credentials_refused', 'device_approved'])
  const count = async (action: string): Promise<number> => (await call(`${url}/v1/audit?action=${action}&limit=500`, { token })).body.items.length

  for (const [action, act] of Object.entries(acts)) {
    const before = await count(action)
    relay.slowDown(DELAY_MS)
    const { status } = await act()
    if (killed.has(action)) await end('SIGKILL')
    relay.cut()
    relay.slowDown(0)
    if (killed.has(action)) ({ url, end } = await start())
    await until('Redis is there again', async () => (await call(`${url}/health/ready`)).status === 200)
    t.equal(status, statuses[action], action)
    t.equal(await count(action), before + 1, `${action} is in the log`)
  }
})
