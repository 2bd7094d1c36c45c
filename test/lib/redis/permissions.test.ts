import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { openRedis } from '#lib/redis/open.js'
import { REQUIRED_COMMANDS } from '#lib/redis/permissions.js'
import { start } from '../../support/app.js'
import { begin, poll, withUser, wordOf } from '../../support/pairing.js'
import { startCluster, startRedis } from '../../support/redis.js'
import { startReceiver } from '../../support/webhook.js'

const root = new URL('../../../', import.meta.url)
/** The line of the manual, word by word. */
const line = /^ACL SETUSER guardcell .*$/m.exec(readFileSync(new URL('docs/deployment.md', root), 'utf8'))![0].split(' ').slice(1)
/** What the client itself calls, where it has to. */
const byClient = ['info', 'select', 'cluster|slots', 'cluster|info', 'client|setname']

const builtIn = new Set(new Redis({ lazyConnect: true }).getBuiltinCommands())

/** Calls of commands in one source, in small letters: `redis.call('X')` of Lua and of the client, and its methods. */
function commandsIn (source: string): string[] {
  const called = [...source.matchAll(/\.p?call\(\s*'([a-z]+)'/gi)].map(([, name]) => name!.toLowerCase())
  const methods = [...source.matchAll(/\b(?:redis|connection)\.([a-z]+)\(/g)].map(([, name]) => name!).filter(name => builtIn.has(name))
  return [...called, ...methods]
}

t.test('the check at the start tries what scripts and stores call, and nothing else', t => {
  const found = new Set(['eval', 'evalsha'])
  for (const folder of ['lib', 'plugins', 'routes']) {
    for (const { name, parentPath } of readdirSync(new URL(`${folder}/`, root), { recursive: true, withFileTypes: true })) {
      if (/\.(ts|lua)$/.test(name)) for (const command of commandsIn(readFileSync(`${parentPath}/${name}`, 'utf8'))) found.add(command)
    }
  }
  for (const name of byClient) found.delete(name)
  t.strictSame(REQUIRED_COMMANDS.map(name => name.split('|')[0]).sort(), [...found].sort())
  t.end()
})

t.test('the line of the manual has those rights, and no others', t => {
  t.strictSame(line.filter(word => word.startsWith('+')).sort(), [...REQUIRED_COMMANDS, ...byClient].map(name => `+${name}`).sort())
  t.end()
})

/** A Redis of its own with the user of the manual's line, and its URL for that user. */
async function startNarrow (t: Test, server: Awaited<ReturnType<typeof startRedis>>, ...more: string[]) {
  t.teardown(() => server.remove())
  const admin = new Redis(server.port)
  t.teardown(() => { admin.disconnect() })
  const allow = async (...rules: string[]): Promise<void> => { await admin.call('ACL', ...line.slice(0, 2), ...rules) }
  await allow(...line.slice(2), ...more)
  return { admin, allow, url: server.url.replace('://', '://guardcell:a-long-password@') }
}

/** Does a bit of everything that the service stores in Redis. */
async function useEverything (t: Test, url: string): Promise<void> {
  const receiver = await startReceiver(t)
  const running = await start(t, {
    REDIS_URL: url, REDIS_PREFIX: 'gc:', RATE_LIMIT: 'on', REGISTRATION: 'open', AUDIT_WEBHOOK_URL: receiver.url, AUDIT_WEBHOOK_SECRET: 'a secret of the receiver', AUDIT_WEBHOOK_TIMEOUT: '1'
  })
  const { app, call, login, refresh } = running
  const { access_token: token, refresh_token: first } = await login('admin')
  const expect = async (status: number, method: string, path: string, body?: unknown): Promise<any> => {
    const answer = await call(method, path, { token, body })
    t.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  t.equal((await refresh(first)).status, 200)
  await expect(201, 'POST', '/v1/users', { username: 'ada', fullname: 'Ada', password: 'correct horse battery', email: 'ada@lab.example' })
  await call('POST', '/v1/auth/login', { body: { username: 'ada', password: 'wrong' } })
  t.equal((await refresh((await login('ada')).refresh_token)).status, 200)
  await expect(201, 'POST', '/v1/groups', { name: 'lab' })
  await expect(204, 'PUT', '/v1/groups/lab/members/ada')
  await expect(204, 'DELETE', '/v1/groups/lab')
  await expect(201, 'POST', '/v1/scans', { id: 's1' })
  await expect(201, 'POST', '/v1/scans/s1/filesets', { id: 'images' })
  const form = ['--b', 'content-disposition: form-data; name="file"; filename="a.txt"', '', 'text', '--b--', ''].join('\r\n')
  const upload = await app.inject({ method: 'POST', url: '/v1/scans/s1/filesets/images/files', headers: { authorization: `Bearer ${token}`, 'content-type': 'multipart/form-data; boundary=b' }, payload: form })
  t.equal(upload.statusCode, 201, upload.body)
  await expect(200, 'POST', '/v1/datasets/refresh')
  await expect(201, 'POST', '/v1/invitations', { roles: ['reader'] })
  await call('POST', '/v1/auth/password/forgot', { body: { email: 'ada@lab.example' } })
  await expect(200, 'POST', '/v1/keys/rotate')
  const { approve } = withUser(running, token)
  const { body: { device_code: device, user_code: code } } = await begin(running)
  t.equal((await approve(code)).status, 200)
  running.clock.advance(60)
  t.equal(wordOf(await poll(running, device)), 'token')
  await expect(200, 'GET', '/v1/audit?limit=5')
  await call('POST', '/v1/auth/refresh', { body: { refresh_token: first } })
  for (const deadline = Date.now() + 30_000; receiver.taken.length === 0 && Date.now() < deadline;) await sleep(20)
  t.ok(receiver.taken.length > 0, 'an alarm is delivered')
  t.equal((await call('GET', '/health/ready')).status, 200)
  await expect(204, 'POST', '/v1/auth/logout')
  await app.close()
}

t.test('the service runs as the user of the manual', async t => {
  const { admin, url } = await startNarrow(t, await startRedis())
  await useEverything(t, url)
  t.strictSame(await admin.call('ACL', 'LOG'), [], 'Redis has refused nothing')
})

t.test('and so it does on a cluster', async t => {
  const { admin, url } = await startNarrow(t, await startCluster())
  await useEverything(t, url)
  t.strictSame(await admin.call('ACL', 'LOG'), [])
})

t.test('a user who lacks a right is told which, in one sentence', async t => {
  const { admin, allow, url } = await startNarrow(t, await startRedis())
  const faultOf = async (): Promise<string> => await openRedis(url, () => {}, 'gc:').then(({ redis }) => { redis.disconnect(); return '' }, (error: Error) => error.message)
  t.equal(await faultOf(), '')
  for (const name of REQUIRED_COMMANDS) {
    await allow(`-${name}`)
    t.equal(await faultOf(), `Redis does not let this user do what is needed: its ACL lacks +${name} (see docs/deployment.md)`)
    await allow(`+${name}`)
  }
  await allow('-del', '-zadd', '-pexpire', '-rpush')
  t.match(await faultOf(), /lacks \+pexpire \+rpush \+zadd \+del \(/)
  await allow('+@all', '-@scripting')
  t.match(await faultOf(), /lacks \+eval \+evalsha \(/)
  await allow('+@all', 'resetkeys', '~gc:user*')
  t.match(await faultOf(), /lacks ~gc:\* \(/)
  await allow('resetkeys', '%R~gc:*')
  t.match(await faultOf(), /lacks ~gc:\* \(/, 'keys that it may only read')
  await allow('~gc:*', '-select')
  t.match(await openRedis(`${url}/1`, () => {}, 'gc:').catch((error: unknown) => error), { message: /lacks \+select \(/ })
  t.strictSame(await admin.keys('*'), [], 'the check leaves nothing behind')
})

t.test('a user without INFO may do all the rest, and the service says what it cannot tell', async t => {
  const { allow, url } = await startNarrow(t, await startRedis())
  await allow('+@all', '-@dangerous')
  const { redis, report } = await openRedis(url, () => {}, 'gc:')
  redis.disconnect()
  t.match(report, { version: 'unknown', warnings: [/does not let this user run INFO \(\+info\)/] })
  const { login, refresh } = await start(t, { REDIS_URL: url, REDIS_PREFIX: 'gc:' })
  t.equal((await refresh((await login('admin')).refresh_token)).status, 200)
})

t.test('a right that is taken while the service runs is an outage', async t => {
  const { allow, url } = await startNarrow(t, await startRedis())
  const { call, login } = await start(t, { REDIS_URL: url, REDIS_PREFIX: 'gc:' })
  await login('admin')
  await allow('-hset')
  t.match(await call('POST', '/v1/auth/login', { body: { username: 'admin', password: 'correct horse battery' } }), { status: 503, body: { code: 'store_unavailable' } })
  await allow('+hset')
  await login('admin')
})
