import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { explainRedisFailure } from '#lib/redis/check.js'
import { openRedis } from '#lib/redis/open.js'
import { createRedis } from '#lib/redis/connect.js'
import { selfSigned } from '../../support/certificate.js'
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

t.test('rediss+sentinel:// speaks TLS to the Sentinel and to the data node, or does not start', async t => {
  const plain = await startGroup(t, { master: ['requirepass pw'], auth: ['sentinel auth-pass main pw'] })
  await t.rejects(openRedis(`rediss+sentinel://:pw@127.0.0.1:${plain.sentinel.port}/main`, () => {}), { message: /cannot be reached by TLS/ }, 'plain servers')

  const dir = t.testdir()
  const { key, cert } = selfSigned('127.0.0.1')
  const [keyFile, certFile] = [join(dir, 'key'), join(dir, 'cert')]
  writeFileSync(keyFile, key)
  writeFileSync(certFile, cert)
  const secured = (port: number): string[] => ['port 0', `tls-port ${port}`, `tls-key-file ${keyFile}`, `tls-cert-file ${certFile}`, `tls-ca-cert-file ${certFile}`, 'tls-auth-clients no', 'tls-replication yes']
  const master = await startConfigured(secured)
  t.teardown(() => master.remove())
  const sentinel = await startConfigured(port => [...secured(port), `sentinel monitor main 127.0.0.1 ${master.port} 1`], true)
  t.teardown(() => sentinel.remove())
  const url = `rediss+sentinel://127.0.0.1:${sentinel.port}/main`
  await t.rejects(openRedis(url, () => {}), { message: /certificate of Redis is not trusted/ })

  const redis = createRedis(url)
  t.teardown(() => { redis.disconnect() })
  const trust = { ca: readFileSync(certFile), checkServerIdentity: () => undefined }
  Object.assign(redis.options, { tls: trust, sentinelTLS: trust })
  await redis.connect()
  t.equal(await redis.ping(), 'PONG', 'both speak nothing but TLS')
})

t.test('a failed connection is explained in one sentence', async t => {
  const explained = (message: string): string => explainRedisFailure(new Error(message))
  t.match(explained('self-signed certificate in certificate chain'), /certificate of Redis is not trusted/)
  t.match(explained('ssl3_get_record:wrong version number'), /speaks no TLS/)
  t.match(explained('WRONGPASS invalid username-password pair'), /refuses the password/)
})
