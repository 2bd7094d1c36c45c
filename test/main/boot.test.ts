import { once } from 'node:events'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { keyNames } from '#lib/redis/names.js'
import { ownPrefix } from '../support/app.js'
import { freePort, startRedis } from '../support/redis.js'
import { beginLogin, call, login, MAIN, me, refresh, refusal, run, serve, stateDir, until, type Env } from './process.js'

const PASSPHRASE = 'every leaf has its pores'
const PASSWORD = 'correct horse battery'

/** A Redis that forgets nothing when it crashes. */
const durableRedis = async (t: Test) => {
  const redis = await startRedis('--appendonly', 'yes', '--appendfsync', 'always')
  t.teardown(redis.remove)
  return redis
}

async function listen (t: Test, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

/** Starts the service and waits until it refuses. @returns the faults that it names */
async function faultsOf (t: Test, env: Env): Promise<string[]> {
  const { code, stderr } = await refusal(t, MAIN, { PORT: '0', REDIS_PREFIX: ownPrefix(), ADMIN_PASSWORD: PASSWORD, ...env })
  t.equal(code, 1)
  t.match(stderr, /^\nGuardcell cannot start:\n( {2}- .+\n)+\n$/, 'one message, no stack trace')
  return [...stderr.matchAll(/^ {2}- (.+)$/mg)].map(([, fault = '']) => fault)
}

/** @returns the only fault that it names */
async function faultOf (t: Test, env: Env): Promise<string> {
  const [fault = '', ...more] = await faultsOf(t, env)
  t.strictSame(more, [])
  return fault
}

t.test('it refuses to start', async t => {
  const stateFolder = await stateDir(t)
  const env = { REDIS_URL: process.env.REDIS_URL ?? '', STATE_DIR: stateFolder }

  await t.test('with bad variables, and names all of them but none of their values', async t => {
    const bad = {
      PORT: 'abc', MAX_SESSION: '0', JWT_SECRET_KEY: 'tiny-key-9', REDIS_URL: 'http://:hush-hush@127.0.0.1', CORS_ORIGINS: 'nonsense', TRUST_PROXY: 'foo-bar', ADMIN_PASSWORD: 'q7z'
    }
    const faults = await faultsOf(t, { ...env, ...bad })
    t.strictSame(faults.map(fault => fault.split(' ')[0]).sort(), Object.keys(bad).sort())
    for (const value of ['tiny-key-9', 'hush-hush', 'q7z']) t.notMatch(faults.join('\n'), value)
  })

  await t.test('with a key or a passphrase that is too short', async t => {
    const key = Buffer.alloc(63, 7).toString('base64')
    t.equal(await faultOf(t, { ...env, JWT_SECRET_KEY: `base64:${key}` }), 'JWT_SECRET_KEY has 63 bytes: at least 64 are needed')
    t.equal(await faultOf(t, { ...env, JWT_SECRET_KEY: PASSPHRASE.slice(0, 15) }), 'JWT_SECRET_KEY is too short: a passphrase needs at least 16 characters')
  })

  await t.test('when it cannot write its secret', async t => {
    const file = join(stateFolder, 'file')
    await writeFile(file, '')
    t.match(await faultOf(t, { ...env, STATE_DIR: join(file, 'sub') }), /^STATE_DIR: .*file\/sub.* cannot be .*written \(ENOTDIR\)$/)
  })

  await t.test('when its port is in use', async t => {
    const port = await listen(t, createServer())
    t.match(await faultOf(t, { ...env, PORT: String(port) }), `PORT ${port} is in use`)
  })

  await t.test('when Redis is not there', async t => {
    t.match(await faultOf(t, { ...env, REDIS_URL: `redis://:hush-hush@127.0.0.1:${await freePort()}` }), /^Redis cannot be reached at REDIS_URL: connect ECONNREFUSED 127\.0\.0\.1:\d+$/)
  })

  await t.test('when Redis refuses the password', async t => {
    const redis = await startRedis('--requirepass', 'x')
    t.teardown(redis.remove)
    t.equal(await faultOf(t, { ...env, REDIS_URL: `redis://:hush-hush@127.0.0.1:${redis.port}` }), 'Redis refuses the password in REDIS_URL')
  })

  await t.test('when Redis is older than 6.2', async t => {
    const info = 'redis_version:6.0.16\r\nloading:0\r\n'
    const answer = (socket: Socket): void => {
      socket.on('error', () => {})
      socket.on('data', data => {
        // A command is an array: one answer for each.
        for (const command of data.toString().split(/^(?=\*)/m)) socket.write(/^INFO\r/im.test(command) ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n')
      })
    }
    const port = await listen(t, createServer(answer))
    t.equal(await faultOf(t, { ...env, REDIS_URL: `redis://127.0.0.1:${port}` }), 'Redis 6.0.16 is too old: 6.2 or newer is needed, for GETDEL')
  })

  await t.test('when HOST cannot be resolved', async t => {
    t.match(await faultOf(t, { ...env, HOST: 'nowhere.invalid' }), /^HOST .*nowhere\.invalid/)
  })

  await t.test('with AUTH=off where others could call, or in production', async t => {
    for (const HOST of ['0.0.0.0', '::', '192.0.2.1']) t.match(await faultOf(t, { ...env, AUTH: 'off', HOST }), /^AUTH=off .* HOST must be 127\.0\.0\.1, ::1 or localhost/)
    t.match(await faultOf(t, { ...env, AUTH: 'off', NODE_ENV: 'production' }), /^AUTH=off .* refused with NODE_ENV=production$/)
  })

  await t.test('when Redis has no such database', async t => {
    const redis = await durableRedis(t)
    t.match(await faultOf(t, { ...env, REDIS_URL: `${redis.url}/99` }), /REDIS_URL/)
    t.match(await faultOf(t, { ...env, REDIS_URL: `${redis.url}/abc` }), /^REDIS_URL must have one of these forms/)
  })

  await t.test('when Redis takes no writes, or not those of this user', async t => {
    const redis = await durableRedis(t)
    const replica = await startRedis('--replicaof', `127.0.0.1 ${redis.port}`)
    t.teardown(replica.remove)
    const client = new Redis(redis.url)
    await client.acl('SETUSER', 'weak', 'on', '>hush-hush', '~*', '+@all', '-@write')
    client.disconnect()
    t.match(await faultOf(t, { ...env, REDIS_URL: replica.url }), /^Redis .*replica/)
    t.match(await faultOf(t, { ...env, REDIS_URL: `redis://weak:hush-hush@127.0.0.1:${redis.port}` }), /^Redis does not let this user do what is needed: its ACL lacks \+set .*\+del \(see docs\/deployment.md\)$/)
  })
})

t.test('a password that a failed start did not show is shown by the next one', async t => {
  const env = { REDIS_URL: process.env.REDIS_URL ?? '', REDIS_PREFIX: ownPrefix(), STATE_DIR: await stateDir(t) }
  const port = await listen(t, createServer())
  t.match(await faultOf(t, { ...env, PORT: String(port), ADMIN_PASSWORD: '' }), `PORT ${port} is in use`)

  const service = await serve(t, MAIN, { ...env, PORT: String(await freePort()) })
  t.equal((await login(service.url, service.password)).status, 200)
})

t.test('it is not ready before somebody can sign in', async t => {
  const prefix = ownPrefix()
  const client = new Redis(process.env.REDIS_URL ?? '')
  t.teardown(() => client.disconnect())
  // As if another replica were making the first admin.
  const claim = `${keyNames(prefix).admins}:claim`
  await client.set(claim, '1')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const program = run(t, MAIN, { REDIS_URL: process.env.REDIS_URL ?? '', REDIS_PREFIX: prefix, STATE_DIR: await stateDir(t), PORT: String(port), ADMIN_PASSWORD: PASSWORD })
  const parts = async () => (await call(`${url}/health/ready`).catch(() => undefined))?.body
  await until('only the first admin is missing', async () => Object.values(await parts() ?? {}).filter(part => part === 'failing').length === 2)
  t.match(await call(`${url}/health/ready`), { status: 503, body: { status: 'failing', accounts: 'failing', datasets: 'ok' } })
  t.equal((await login(url, PASSWORD)).status, 401)

  await client.del(claim)
  await until('it is ready', async () => (await call(`${url}/health/ready`)).status === 200)
  t.equal((await login(url, PASSWORD)).status, 200, 'right after it is ready')
  t.match(await program.end('SIGTERM'), { code: 0, stderr: '' })
})

t.test('with AUTH=off on loopback it serves, and says so', async t => {
  for (const HOST of ['127.0.0.1', 'localhost']) {
    const service = await serve(t, MAIN, {
      AUTH: 'off', HOST, REDIS_URL: process.env.REDIS_URL ?? '', REDIS_PREFIX: ownPrefix(), STATE_DIR: await stateDir(t), PORT: String(await freePort()), ADMIN_PASSWORD: PASSWORD
    })
    await until('the account is there', async () => (await me(service.url, '')).status !== 503)
    t.match(await me(service.url, ''), { status: 200, body: { username: 'admin' } })
    t.match(await login(service.url, 'whatever'), { status: 200, body: { user: { username: 'admin' } } })
    t.equal((await me(service.url, '')).headers.get('x-guardcell-auth'), 'off')
    const { stdout } = await service.end('SIGTERM')
    t.match(stdout, /"level":40,.*"msg":"AUTH=off: nobody is asked/)
    t.match(stdout, /^ {2}AUTH=off: nobody is asked/m)
  }
})

t.test('a client that keeps its connection open does not hold up the end', async t => {
  const service = await serve(t, MAIN, {
    REDIS_URL: process.env.REDIS_URL ?? '', REDIS_PREFIX: ownPrefix(), STATE_DIR: await stateDir(t), PORT: String(await freePort()), ADMIN_PASSWORD: PASSWORD
  })
  const finish = await beginLogin(t, service.url, PASSWORD, { keepAlive: true })
  service.kill('SIGTERM')
  await until('it takes no more connections', () => fetch(service.url).then(() => false, () => true))
  t.equal(await finish(), 200)
  t.match(await service.ended, { code: 0, signal: null, stderr: '' })
})

t.test('two replicas that start at the same moment on an empty Redis', async t => {
  const redis = await durableRedis(t)
  const folder = await stateDir(t)
  const env = async () => ({ REDIS_URL: redis.url, STATE_DIR: folder, PORT: String(await freePort()) })
  const replicas = await Promise.all([serve(t, MAIN, await env()), serve(t, MAIN, await env())])
  const [one, other] = replicas
  const passwords = replicas.flatMap(({ password }) => password ?? [])
  const pairs: Array<Record<string, string>> = []

  await t.test('make one account, whose password one of them prints', async t => {
    t.equal(passwords.length, 1)
    for (const { url } of replicas) {
      await until('the account is there', async () => (await login(url, passwords[0])).status === 200)
      pairs.push((await login(url, passwords[0])).body)
    }
  })

  await t.test('make one secret, which only they may read', async t => {
    t.strictSame(await readdir(folder), ['datasets', 'secret'])
    t.equal((await stat(join(folder, 'secret'))).mode & 0o777, 0o600)
    t.match(await readFile(join(folder, 'secret'), 'utf8'), /^base64:[A-Za-z0-9+/]{86}==\n$/)
    t.equal((await me(other.url, pairs[0]?.access_token ?? '')).status, 200)
    t.equal((await me(one.url, pairs[1]?.access_token ?? '')).status, 200)
    const refreshed = await refresh(other.url, pairs[0]?.refresh_token ?? '')
    t.equal(refreshed.status, 200)
    pairs[0] = refreshed.body
  })

  await t.test('keep their sessions when Redis crashes and comes back', async t => {
    await redis.kill()
    const away = await me(one.url, pairs[0]?.access_token ?? '')
    t.equal(away.status, 503, 'an outage does not look like a logout')
    t.match(away.headers.get('retry-after'), /^\d+$/)

    await redis.start()
    for (const { url } of replicas) await until('it is ready again', async () => (await call(`${url}/health/ready`)).status === 200)
    for (const pair of pairs) t.equal((await me(one.url, pair.access_token ?? '')).status, 200)
    for (const pair of pairs) t.match(await refresh(other.url, pair.refresh_token ?? ''), { status: 200, body: { session_id: pair.session_id } })
  })

  await t.test('end in good order', async t => {
    for (const replica of replicas) t.match(await replica.end('SIGTERM'), { code: 0, signal: null, stderr: '' })
  })
})

t.test('a passphrase', async t => {
  const redis = await durableRedis(t)
  const folder = await stateDir(t)
  const env = { REDIS_URL: redis.url, STATE_DIR: folder, ADMIN_PASSWORD: PASSWORD, JWT_SECRET_KEY: PASSPHRASE }
  const start = async () => await serve(t, MAIN, { ...env, PORT: String(await freePort()) })
  const [one, other] = await Promise.all([start(), start()])
  let pair: Record<string, string> = {}

  await t.test('lets replicas accept each other\'s tokens', async t => {
    pair = (await login(one.url, PASSWORD)).body
    t.equal((await me(other.url, pair.access_token ?? '')).status, 200)
    const refreshed = await refresh(other.url, pair.refresh_token ?? '')
    t.equal(refreshed.status, 200)
    pair = refreshed.body
    t.strictSame(await readdir(folder), ['datasets'], 'no secret is made beside it')
  })

  await t.test('leads to the same keys after a restart', async t => {
    await Promise.all([one.end('SIGTERM'), other.end('SIGTERM')])
    const again = await start()
    t.equal((await me(again.url, pair.access_token ?? '')).status, 200)
    t.match(await refresh(again.url, pair.refresh_token ?? ''), { status: 200, body: { session_id: pair.session_id } })
  })

  await t.test('other than the one that Redis was set up with is refused, and so is a new secret', async t => {
    const fault = /^The secret \(JWT_SECRET_KEY, or the file secret in STATE_DIR\) is not the one that this Redis was set up with/
    const { JWT_SECRET_KEY: _, ...without } = env
    t.match(await faultOf(t, { ...env, JWT_SECRET_KEY: `${PASSPHRASE}!`, REDIS_PREFIX: 'gc:' }), fault)
    t.match(await faultOf(t, { ...without, REDIS_PREFIX: 'gc:' }), fault)
  })
})
