import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { beginLogin, call, isGone, login, me, redisOf, refresh, refusal, run, serve, START, stateDir, until, type Ended, type Env } from '../main/process.js'
import { freePort } from '../support/redis.js'

const hasCurl = spawnSync('curl', ['--version'], { stdio: 'ignore' }).status === 0

const start = async (t: Test, folder: string, env: Env = {}) => await serve(t, START, { STATE_DIR: folder, PORT: String(await freePort()), ...env })

const refuse = async (t: Test, env: Env): Promise<string> => {
  const { code, stderr } = await refusal(t, START, env)
  t.equal(code, 1)
  t.notMatch(stderr, /^ +at /m, 'no stack trace')
  return stderr
}

const endsInGoodOrder = (t: Test, { code, signal, stderr }: Ended, pid: number): void => {
  t.match({ code, signal, stderr }, { code: 0, signal: null, stderr: '' })
  t.ok(isGone(pid), 'its Redis is gone as well')
}

t.test('one state folder from start to start', async t => {
  const folder = await stateDir(t)
  let password = ''
  let pair: Record<string, string> = {}

  await t.test('the first start says where it is and how to sign in, and Ctrl-C ends all of it', async t => {
    const port = await freePort()
    const service = await serve(t, START, { STATE_DIR: folder, PORT: String(port) })
    t.equal(service.url, `http://127.0.0.1:${port}`)
    t.match(service.stdout(), `${service.url}/docs`)
    t.match(await call(`${service.url}/docs`), { status: 200, body: /<html/ })

    password = service.password ?? ''
    t.match(password, /^[\w-]{20}$/)
    t.equal(service.stdout().match(/^ +password /mg)?.length, 1)
    await t.test('the printed command signs in', { skip: hasCurl ? false : 'there is no curl here' }, async t => {
      const { stdout } = await promisify(execFile)('sh', ['-c', service.curl])
      t.match(JSON.parse(stdout), { token_type: 'Bearer', user: { username: 'admin' } })
    })
    pair = (await login(service.url, password)).body

    t.equal((await stat(join(folder, 'secret'))).mode & 0o777, 0o600)
    t.match(await readFile(join(folder, 'secret'), 'utf8'), /^base64:[A-Za-z0-9+/]{86}==\n$/)

    const redis = await redisOf(folder)
    t.notOk(isGone(redis))
    endsInGoodOrder(t, await service.end('SIGINT'), redis)
    const [appendonly, ...rest] = (await readdir(join(folder, 'redis'))).sort()
    t.match(appendonly, /^appendonly/)
    t.strictSame(rest, ['redis.log'])
  })

  await t.test('the next start prints no password and keeps account, session and tokens', async t => {
    const service = await start(t, folder)
    t.equal(service.password, undefined)
    t.notMatch(service.stdout(), password)
    t.match(await me(service.url, pair.access_token ?? ''), { status: 200, body: { username: 'admin' } })
    const refreshed = await refresh(service.url, pair.refresh_token ?? '')
    t.match(refreshed, { status: 200, body: { session_id: pair.session_id } })
    pair = refreshed.body
  })

  await t.test('a start that is killed leaves its Redis behind; the next takes it over and ends it', async t => {
    const killed = await start(t, folder)
    const redis = await redisOf(folder)
    await killed.end('SIGKILL')
    t.notOk(isGone(redis))

    const service = await start(t, folder)
    t.notMatch(service.stdout(), 'starting Redis')
    t.equal(await redisOf(folder), redis)
    t.match(await refresh(service.url, pair.refresh_token ?? ''), { status: 200, body: { session_id: pair.session_id } })
    endsInGoodOrder(t, await service.end('SIGTERM'), redis)
  })

  await t.test('a second Ctrl-C does not cut short what is being answered', async t => {
    const service = await start(t, folder)
    const redis = await redisOf(folder)
    const finish = await beginLogin(t, service.url, password, { keepAlive: false })
    service.kill('SIGINT')
    setTimeout(() => service.kill('SIGINT'), 20)
    await until('it takes no more connections', () => fetch(service.url).then(() => false, () => true))
    t.equal(await finish(), 200)
    endsInGoodOrder(t, await service.ended, redis)
  })
})

t.test('starts at the same time share one Redis, and the last one ends it', async t => {
  const folder = await stateDir(t)
  const services = await Promise.all([start(t, folder, { ADMIN_PASSWORD: 'correct horse' }), start(t, folder, { ADMIN_PASSWORD: 'correct horse' })])
  const [first, second] = services
  t.strictSame(services.map(({ password }) => password), [undefined, undefined], 'a given password is not printed')
  t.strictSame(services.map(service => service.stdout().includes('correct horse')), [false, false])
  t.equal(services.filter(service => service.stdout().includes('starting Redis')).length, 1)

  const redis = await redisOf(folder)
  const pair = (await login(first.url, 'correct horse')).body
  t.equal((await first.end('SIGINT')).code, 0)
  t.notOk(isGone(redis))
  t.match(await me(second.url, pair.access_token), { status: 200 })
  endsInGoodOrder(t, await second.end('SIGINT'), redis)
})

t.test('Ctrl-C while it starts leaves nothing behind', async t => {
  const folder = await stateDir(t)
  const program = run(t, START, { STATE_DIR: folder, PORT: String(await freePort()) })
  await until('Redis has its socket', () => access(join(folder, 'redis/redis.sock')).then(() => true, () => false))
  const redis = await redisOf(folder)
  const { code } = await program.end('SIGINT')
  t.equal(code, 130)
  t.not(redis, 0)
  t.ok(isGone(redis))
})

t.test('a Redis that still loads its data is waited for, not started a second time', async t => {
  const folder = await stateDir(t)
  await mkdir(join(folder, 'redis'))
  const server = createServer(socket => socket.on('data', () => socket.write('-LOADING Redis is loading the dataset in memory\r\n')))
  server.listen(join(folder, 'redis/redis.sock'))
  await once(server, 'listening')
  t.teardown(() => server.close())

  const program = run(t, START, { STATE_DIR: folder, PORT: String(await freePort()) })
  await until('it waits', () => program.stdout().includes('Redis is loading its data'))
  const { code, stdout } = await program.end('SIGINT')
  t.equal(code, 130)
  t.notMatch(stdout, 'starting Redis')
  t.strictSame(await readdir(join(folder, 'redis')), ['redis.sock'])
})

t.test('a state folder whose path is too long for a socket serves all the same', async t => {
  const folder = join(await stateDir(t), 'd'.repeat(100))
  await mkdir(folder)
  const service = await serve(t, START, { STATE_DIR: '.', PORT: String(await freePort()) }, folder)
  t.equal((await login(service.url, service.password)).status, 200)
  const redis = await redisOf(folder)
  endsInGoodOrder(t, await service.end('SIGINT'), redis)
})

t.test('a state folder that cannot be written is named', async t => {
  const file = join(await stateDir(t), 'file')
  await writeFile(file, '')
  t.match(await refuse(t, { STATE_DIR: join(file, 'sub') }), /^\nSTATE_DIR: the folder \S+file\/sub\S* cannot be made or written \(ENOTDIR\)\.\nSet STATE_DIR to a folder that this user may write to\.\n\n$/)
})

t.test('without Redis and a way to get one it says what to type', async t => {
  const folder = await stateDir(t)
  await symlink(process.execPath, join(folder, 'node'))
  const stderr = await refuse(t, { PATH: folder, STATE_DIR: folder })
  t.match(stderr, 'Guardcell needs Redis 6.2 or newer')
  for (const command of ['sudo apt-get install redis-server', 'brew install redis', 'REDIS_URL=redis://host:6379 npm start']) t.match(stderr, command)
})

t.test('when its port is in use it says so and takes its Redis along', async t => {
  const folder = await stateDir(t)
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo

  const program = run(t, START, { STATE_DIR: folder, PORT: String(port), ADMIN_PASSWORD: 'correct horse' })
  await until('Redis runs', async () => await redisOf(folder) !== 0)
  const redis = await redisOf(folder)
  const { code, stderr } = await program.ended
  t.equal(code, 1)
  t.equal(stderr, `\nGuardcell cannot start:\n  - PORT ${port} is in use: stop what listens there, or set PORT to another one\n\n`)
  t.ok(isGone(redis))
})
