import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { startRedis } from '../../support/redis.js'
import { linkIn } from '../../support/smtp.js'

const ADMIN = 'Admin-pass_w0rd'
const PASSPHRASE = 'a-passphrase.of_the-lab'
const USER_AGENT = 'Field-Camera/7.3 (greenhouse)'
const root = join(import.meta.dirname, '../../..')

/** The service as a process of its own that logs all it can, behind a proxy that it believes, on a Redis of its own. */
async function serve (t: Test, redisUrl: string) {
  const folder = await mkdtemp(join(tmpdir(), 'guardcell-rest-'))
  const child = spawn(process.execPath, ['--import=./test/support/typescript/register.js', '--conditions=guardcell-source', 'lib/main.ts'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      FASTIFY_AUTOLOAD_TYPESCRIPT: '1',
      LOG_LEVEL: 'trace',
      STATE_DIR: folder,
      REGISTRATION: 'open',
      PORT: '0',
      TRUST_PROXY: '127.0.0.1',
      REDIS_URL: redisUrl,
      ADMIN_PASSWORD: ADMIN,
      JWT_SECRET_KEY: PASSPHRASE
    }
  })
  const printed: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', data => printed.push(String(data)))
  t.teardown(async () => {
    if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit')
    await rm(folder, { recursive: true, force: true })
  })
  const text = () => printed.join('')
  while (!/serves on http:\S+/.test(text())) {
    if (child.exitCode !== null) throw new Error(text())
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  return { url: /serves on (http:\S+)/.exec(text())![1]!, text, mails: join(folder, 'mail') }
}

/** A client that remembers whatever must not be found anywhere. @param mails where the service puts its mails */
function remembering (url: string, mails: string) {
  const secrets = new Map<string, string>([['passphrase', PASSPHRASE], ['admin password', ADMIN], ['user agent', USER_AGENT]])
  let calls = 0
  const secret = (what: string, text: string): string => {
    secrets.set(`${what} ${secrets.size}`, text)
    return text
  }
  const call = async (method: string, path: string, { token, body, form, more = {} }: { token?: string, body?: unknown, form?: Record<string, string>, more?: Record<string, string> } = {}) => {
    const address = secret('address', `198.51.100.${calls++ % 250}`)
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        'user-agent': USER_AGENT,
        'x-forwarded-for': address,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...more
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(form === undefined ? {} : { body: new URLSearchParams(form) })
    })
    const text = await response.text()
    const answer = text.startsWith('{') ? JSON.parse(text) as Record<string, any> : {}
    for (const [name, value] of Object.entries(answer)) if (/(token|_code)$/.test(name) && typeof value === 'string') secret(name, value)
    const cookies = response.headers.getSetCookie().map(cookie => cookie.split(';', 1)[0]!)
    for (const cookie of cookies) secret('cookie', cookie.slice(cookie.indexOf('=') + 1))
    return { status: response.status, answer, cookies }
  }
  const seen = new Set<string>()
  /** The token of the link in the next mail to an address. */
  const mailed = async (to: string): Promise<string> => {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; await new Promise(resolve => setTimeout(resolve, 20))) {
      for (const file of (await readdir(mails).catch(() => [])).filter(name => name.endsWith('.txt') && !seen.has(name))) {
        const text = await readFile(join(mails, file), 'utf8')
        if (!text.includes(`To: ${to}\n`) || !text.includes('#kind=')) continue
        seen.add(file)
        const { token } = linkIn(text)
        // What it begins with is no secret.
        secret('link', token.slice('gcv_'.length))
        return token
      }
    }
    throw new Error('no mail came')
  }
  return { secrets, secret, call, url, mailed }
}

type Client = ReturnType<typeof remembering>

/** What people do on a normal day. @returns tokens, spent and not */
async function workday (client: Client) {
  const { call, secret, url } = client
  const login = async (username: string, password: string) =>
    (await call('POST', '/v1/auth/login', { body: { username, password, device: secret('label', `Shelf of ${username}, ${password.length}`) } })).answer
  const admin = await login('admin', ADMIN)
  const password = secret('password', 'Ada-s3cret-word')
  const { answer: ada } = await call('POST', '/v1/users', { token: admin.access_token, body: { username: 'ada', fullname: 'Ada', password, email: secret('e-mail', 'ada.private@lab.example'), roles: ['contributor'] } })
  const first = await login('ada', password)
  const key = secret('idempotency key', 'key-0123456789abcdef')
  for (let n = 0; n < 2; n++) await call('POST', '/v1/auth/refresh', { body: { refresh_token: first.refresh_token }, more: { 'idempotency-key': key } })
  const { answer: form } = await call('POST', '/oauth/token', { form: { grant_type: 'password', username: 'ada', password } })
  const { answer: second } = await call('POST', '/oauth/token', { form: { grant_type: 'refresh_token', refresh_token: form.refresh_token } })
  await call('PATCH', '/v1/users/me', { token: second.access_token, body: { email: secret('e-mail', 'Countess.Private@lab.example') } })
  await call('POST', '/login', { body: { username: 'ada', password } })
  const browser = await call('POST', '/v1/auth/login', { body: { username: 'ada', password, transport: 'cookie', device: secret('label', 'Browser of Ada') } })
  const renewed = await call('POST', '/v1/auth/refresh', { body: {}, more: { cookie: browser.cookies.join('; '), origin: url, 'x-csrf-token': browser.answer.csrf_token } })
  const { answer: machine } = await call('POST', '/v1/api-tokens', { token: second.access_token, body: { name: 'robot', datasets: { '*': ['read'] } } })
  const next = secret('password', 'Ada-n3xt-word')
  const changed = await call('POST', '/v1/auth/password', { token: second.access_token, body: { current: password, new: next } })
  const listed = await call('GET', '/v1/sessions', { token: second.access_token })
  const mailing = await byMail(client, admin.access_token)
  const paired = await pairing(client, second.access_token)
  return { browser, renewed, ada, first, second, machine, changed, listed, mailing, paired, password: next }
}

/** Somebody is invited, verifies an address, and loses a password. @returns how it went */
async function byMail ({ call, secret, mailed }: Client, admin: string): Promise<number[]> {
  const [first, other, open] = ['grace.private@lab.example', 'hopper.private@lab.example', 'open.private@lab.example'].map(email => secret('e-mail', email)) as [string, string, string]
  const password = secret('password', 'Grace-s3cret-word')
  await call('POST', '/v1/invitations', { token: admin, body: { email: first } })
  const registered = await call('POST', '/v1/auth/register', { body: { username: 'grace', fullname: 'Grace', password, email: first, invitation: await mailed(first) } })
  const { answer: grace } = await call('POST', '/v1/auth/login', { body: { username: 'grace', password } })
  await call('PATCH', '/v1/users/me', { token: grace.access_token, body: { email: other } })
  const verified = await call('POST', '/v1/auth/email/verify', { body: { token: await mailed(other) } })
  await call('POST', '/v1/auth/password/forgot', { body: { email: other } })
  const reset = await call('POST', '/v1/auth/password/reset', { body: { token: await mailed(other), new: secret('password', 'Grace-n3xt-word') } })
  // Some are left open at the end of the day.
  await call('POST', '/v1/invitations', { token: admin, body: { email: open } })
  await mailed(open)
  await call('POST', '/v1/auth/password/forgot', { body: { username: 'grace' } })
  await mailed(other)
  return [registered, verified, reset].map(({ status }) => status)
}

/** A camera is paired, another one turned away, a third one left waiting. @returns how it went */
async function pairing ({ call, secret }: Client, token: string): Promise<number[]> {
  const begin = async () => {
    const { answer } = await call('POST', '/oauth/device_authorization', { form: { client_id: 'guardcell', device_name: secret('label', `Camera of bench ${Math.random()}`) } })
    secret('user code', answer.user_code.replace('-', ''))
    return answer
  }
  const poll = (code: string) => call('POST', '/oauth/token', { form: { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: code, client_id: 'guardcell' } })
  const [paired, denied] = [await begin(), await begin()]
  await begin()
  const approved = await call('POST', '/v1/devices/approve', { token, body: { user_code: paired.user_code, name: 'camera', datasets: { '*': ['read'] } } })
  await call('POST', '/v1/devices/deny', { token, body: { user_code: denied.user_code } })
  return [approved, await poll(paired.device_code), await poll(denied.device_code)].map(({ status }) => status)
}

/** What goes wrong, by mistake or not. */
async function mishaps ({ call, secret, url }: Client, { first, second, password }: Awaited<ReturnType<typeof workday>>): Promise<void> {
  const typed = secret('typed password', 'not-Adas-w0rd')
  const address = secret('e-mail', 'typed.private@lab.example')
  const torn = secret('token', `${second.access_token.slice(0, -20)}AAAAAAAAAAAAAAAAAAAA`)
  for (const username of ['ada', 'nobody', address]) await call('POST', '/v1/auth/login', { body: { username, password: typed } })
  await call('POST', '/v1/auth/login', { body: `{"username":"ada","password":"${typed}` })
  await call('POST', '/v1/auth/login', { body: { username: 'ada', password: typed, email: address } })
  await call('POST', '/v1/auth/refresh', { body: { refresh_token: torn } })
  for (const token of [torn, first.refresh_token, 'Basic', secret('token', 'opaque-token-of-another-service')]) await call('GET', '/v1/users/me', { token })
  await call('GET', '/v1/users/me', { more: { authorization: `Basic ${secret('basic', Buffer.from(`ada:${password}`).toString('base64'))}` } })
  for (const path of [
    `/v1/users/me?access_token=${second.access_token}`, `/nowhere?token=${torn}&email=${encodeURIComponent(address)}`, `/verify/${torn}`, `/v1/users/${address}`,
    `/v1/users/${encodeURIComponent(address)}`, `/v1/users/%ff/${torn}?password=${typed}`, `/login?username=${address}`, `//${address}`
  ]) await call('GET', path)
  for (const kind of ['gca_k1.', 'gcs_', 'gcr_', 'gci_']) await call('GET', `/nowhere/${kind}${secret('token', randomBytes(32).toString('base64url'))}`)
  await call('POST', '/oauth/revoke', { form: { token: torn } })
  await call('POST', '/v1/auth/refresh', { body: { refresh_token: first.refresh_token } })
  await call('GET', '/v1/users/me', { more: { 'x-secret': torn, cookie: `session=${torn}; ${'x'.repeat(20_000)}` } })
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.end(`GET /?token=${torn} HTTP/1.1\r\nAuthorization ${torn}\r\n\r\n`).resume()
  await once(socket, 'close')
}

const readers: Record<string, (redis: Redis, key: string) => Promise<unknown>> = {
  none: async () => null,
  string: (redis, key) => redis.get(key),
  hash: (redis, key) => redis.hgetall(key),
  set: (redis, key) => redis.smembers(key),
  zset: (redis, key) => redis.zrange(key, '0', '-1'),
  list: (redis, key) => redis.lrange(key, 0, -1),
  stream: (redis, key) => redis.xrange(key, '-', '+')
}

/** Every key of a Redis with all that it holds. */
async function dump (redis: Redis): Promise<string> {
  const lines: string[] = []
  for await (const keys of redis.scanStream({ count: 1000 })) {
    for (const key of keys as string[]) lines.push(JSON.stringify([key, await readers[await redis.type(key)]!(redis, key)]))
  }
  return lines.join('\n')
}

/** Which of the secrets stand in a text, as they are or as part of a URL, in upper or lower case. */
const foundIn = (text: string, secrets: ReadonlyMap<string, string>): string[] => {
  const low = text.toLowerCase()
  return [...secrets].filter(([, secret]) => [secret, encodeURIComponent(secret)].some(form => low.includes(form.toLowerCase()))).map(([what]) => what)
}

t.test('a dump of Redis and the log after a busy day hold no token, passphrase, password, address or e-mail address in clear', async t => {
  const server = await startRedis()
  t.teardown(() => server.remove())
  const redis = new Redis(server.url)
  t.teardown(() => { redis.disconnect() })
  redis.on('error', () => {})
  const service = await serve(t, server.url)
  const client = remembering(service.url, service.mails)

  const day = await workday(client)
  t.match([day.ada, day.machine, day.browser.cookies.length, day.renewed.status, day.changed.status, day.listed.status], [{ email: 'ada.private@lab.example' }, { token: String }, 3, 200, 204, 200], 'the day was a good one')
  t.strictSame([day.mailing, day.paired], [[201, 204, 204], [200, 200, 400]], 'for those who come by mail and for cameras as well')
  for (const what of ['link', 'user code', 'label', 'e-mail', 'address', 'device_code']) t.ok([...client.secrets.keys()].some(name => name.startsWith(`${what} `)), `${what} is looked for`)
  t.ok(day.listed.answer.items.some((item: any) => item.device.user_agent === USER_AGENT), 'who may see what is sealed sees it')
  await mishaps(client, day)
  t.equal((await client.call('GET', '/v1/audit', { token: day.second.access_token })).status, 200)
  const stored = await dump(redis)
  for (const field of ['device', 'email', 'email_entry', 'salt']) t.match(stored, new RegExp(`"${field}":"[^"]`), `${field} is there`)
  t.strictSame(foundIn(stored, client.secrets), [], 'Redis')

  // Faults of the store, which are logged with all that is known of them.
  await redis.set(new RegExp(`[^"]*\\{${day.ada.id}\\}:sessions`).exec(stored)![0], 'no sorted set')
  t.match(await client.call('POST', '/v1/auth/login', { body: { username: 'ada', password: day.password } }), { status: 500 })
  await server.kill()
  t.equal((await client.call('POST', '/v1/auth/refresh', { body: { refresh_token: day.second.refresh_token } })).status, 503)
  const log = service.text()
  for (const said of ['"level":50', '/v1/auth/login', 'login_failed', 'late_reuse', 'WRONGTYPE']) t.match(log, said, `${said} is there`)
  t.strictSame(foundIn(log, client.secrets), [], 'the log')
})
