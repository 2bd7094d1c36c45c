import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { openChangeFeed } from '#lib/datasets/changes.js'
import { explainRedisFailure } from '#lib/redis/check.js'
import { createRedis } from '#lib/redis/connect.js'
import { openRedis } from '#lib/redis/open.js'
import { startConfigured, type Listening } from '../../support/sentinel.js'

/** A master and a Sentinel that watches it. @param auth lines of the Sentinel that name its own credentials */
async function startGroup (t: Tap, { master = [], auth = [] }: { master?: string[], auth?: string[] } = {}): Promise<{ master: Listening, sentinel: Listening }> {
  const server = await startConfigured(port => [`port ${port}`, ...master])
  t.teardown(() => server.remove())
  const sentinel = await startConfigured(port => [`port ${port}`, `sentinel monitor main 127.0.0.1 ${server.port} 1`, 'sentinel down-after-milliseconds main 60000', ...auth], true)
  t.teardown(() => sentinel.remove())
  return { master: server, sentinel }
}
type Tap = Pick<typeof t, 'teardown'>

const works = async (t: Tap, url: string): Promise<string> => {
  const { redis } = await openRedis(url, () => {})
  t.teardown(() => { redis.disconnect() })
  return await redis.ping()
}

t.test('a user and a password are used for data nodes and for Sentinels that ask for them', async t => {
  const users = ['requirepass pw', 'user ada on >pw ~* &* +@all', 'masterauth pw']
  const both = await startGroup(t, { master: users, auth: ['requirepass pw', 'user ada on >pw ~* &* +@all', 'sentinel auth-pass main pw'] })
  t.equal(await works(t, `redis+sentinel://:pw@127.0.0.1:${both.sentinel.port}/main`), 'PONG')
  t.equal(await works(t, `redis+sentinel://ada:pw@127.0.0.1:${both.sentinel.port}/main`), 'PONG')
  await t.rejects(openRedis(`redis+sentinel://:no@127.0.0.1:${both.sentinel.port}/main`, () => {}), { message: /the Sentinels refuse the user and password/ })

  const open = await startGroup(t, { master: users, auth: ['sentinel auth-pass main pw'] })
  t.equal(await works(t, `redis+sentinel://:pw@127.0.0.1:${open.sentinel.port}/main`), 'PONG', 'Sentinels without a password')
  t.equal(await works(t, `redis+sentinel://ada:pw@127.0.0.1:${open.sentinel.port}/main`), 'PONG', 'Sentinels that do not know the user')
})

t.test('a client survives the loss of every process, whatever comes back first', async t => {
  for (const first of ['master', 'sentinel'] as const) {
    const group = await startGroup(t)
    const { redis } = await openRedis(`redis+sentinel://127.0.0.1:${group.sentinel.port}/main`, () => {})
    t.teardown(() => { redis.disconnect() })
    await group.sentinel.kill()
    await group.master.kill()
    await t.rejects(redis.ping())
    await sleep(1_000)
    t.not(redis.status, 'end', 'it goes on looking while no Sentinel answers')
    await group[first].start()
    await sleep(500)
    await group[first === 'master' ? 'sentinel' : 'master'].start()
    let answer = ''
    for (const deadline = Date.now() + 30_000; answer === '' && Date.now() < deadline; await sleep(50)) answer = await redis.ping().catch(() => '')
    t.equal(answer, 'PONG', `after the ${first}`)
  }
})

t.test('a client finds the replica that a failover has made the master', async t => {
  const master = await startConfigured(port => [`port ${port}`])
  t.teardown(() => master.remove())
  const replica = await startConfigured(port => [`port ${port}`, `replicaof 127.0.0.1 ${master.port}`])
  t.teardown(() => replica.remove())
  const sentinel = await startConfigured(port => [`port ${port}`, `sentinel monitor main 127.0.0.1 ${master.port} 1`, 'sentinel down-after-milliseconds main 500', 'sentinel failover-timeout main 2000'], true)
  t.teardown(() => sentinel.remove())
  const { redis } = await openRedis(`redis+sentinel://127.0.0.1:${sentinel.port}/main`, () => {})
  t.teardown(() => { redis.disconnect() })
  const eventually = async (work: () => Promise<boolean>): Promise<boolean> => {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(50)) if (await work().catch(() => false)) return true
    return false
  }
  t.ok(await eventually(async () => String(await redis.info('replication')).includes('state=online')), 'the replica follows')
  const watcher = createRedis(`redis://127.0.0.1:${sentinel.port}`)
  t.teardown(() => { watcher.disconnect() })
  watcher.on('error', () => {})
  await watcher.connect().catch(() => {})
  t.ok(await eventually(async () => String(await watcher.call('SENTINEL', 'REPLICAS', 'main')).includes(String(replica.port))), 'the Sentinel knows the replica')

  await master.kill()
  t.ok(await eventually(async () => await redis.set('after', 'the failover') === 'OK'), 'writes go on')
  t.match(await redis.info('server'), new RegExp(`tcp_port:${replica.port}\\r`))
})

t.test('Sentinels may have a user and a password of their own', async t => {
  const { sentinel } = await startGroup(t, { master: ['requirepass pw'], auth: ['requirepass sent+inel', 'user watcher on >sent+inel +sentinel|get-master-addr-by-name', 'sentinel auth-pass main pw'] })
  const url = `redis+sentinel://:pw@127.0.0.1:${sentinel.port}/main`
  t.equal(await works(t, `${url}?sentinel_password=sent+inel`), 'PONG')
  t.equal(await works(t, `${url}/0?sentinel_username=watcher&sentinel_password=sent%2Binel`), 'PONG')
  await t.rejects(openRedis(url, () => {}), { message: /the Sentinels refuse the user and password/ })
  await t.rejects(openRedis(`redis+sentinel://:no@127.0.0.1:${sentinel.port}/main?sentinel_password=sent+inel`, () => {}), { message: 'Redis refuses the password in REDIS_URL' })
  await t.rejects(openRedis(`redis+sentinel://:pw@127.0.0.1:${sentinel.port}/other?sentinel_password=sent+inel`, () => {}), { message: /know no master of the name/ })
})

t.test('whether Sentinels want credentials is asked at each connection', async t => {
  const { master, sentinel } = await startGroup(t, { master: ['user ada on >pw ~* &* +@all'] })
  const admin = createRedis(`redis://127.0.0.1:${sentinel.port}`)
  const data = createRedis(`redis://127.0.0.1:${master.port}`)
  t.teardown(() => { for (const client of [admin, data]) client.disconnect() })
  for (const client of [admin, data]) {
    client.on('error', () => {})
    await client.connect()
  }
  const { redis } = await openRedis(`redis+sentinel://ada:pw@127.0.0.1:${sentinel.port}/main`, () => {})
  t.teardown(() => { redis.disconnect() })
  const comesBack = async (): Promise<boolean> => {
    const id = await redis.client('ID')
    await data.client('KILL', 'ID', id)
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(20)) if (await redis.client('ID').catch(() => id) !== id) return true
    return false
  }
  await admin.call('ACL', 'SETUSER', 'ada', 'on', '>pw', '+sentinel')
  await admin.call('ACL', 'SETUSER', 'default', 'resetpass', '>secret')
  t.ok(await comesBack(), 'now they do')
  await admin.call('ACL', 'SETUSER', 'default', 'nopass')
  await admin.call('ACL', 'DELUSER', 'ada')
  t.ok(await comesBack(), 'now they know no such user any more')
})

t.test('a second connection at the start does not wait for Sentinels that have gone', async t => {
  const { master, sentinel } = await startGroup(t)
  const { redis } = await openRedis(`redis+sentinel://127.0.0.1:${sentinel.port}/main`, () => {})
  t.teardown(() => { redis.disconnect() })
  await sentinel.kill()
  const open = () => openChangeFeed({ redis, key: 'changes', replica: 'one', onChange: () => {}, onGap: async () => {}, onError: () => {} })
  await t.rejects(open(), { name: 'BootError', message: /^Redis went away during the start\. .*ECONNREFUSED/ })
  await sentinel.start()
  const feed = await open()
  feed.close()
  await master.kill()
  await t.rejects(open(), { name: 'BootError', message: /^Redis went away during the start/ }, 'nor for a master')
})

t.test('a failed connection is explained in one sentence', async t => {
  const explained = (message: string): string => explainRedisFailure(new Error(message))
  t.match(explained('self-signed certificate in certificate chain'), /certificate of Redis is not trusted/)
  t.match(explained('ssl3_get_record:wrong version number'), /speaks no TLS/)
  t.match(explained('WRONGPASS invalid username-password pair'), /refuses the password/)
})
