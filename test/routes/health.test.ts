import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import t from 'tap'
import { start } from '../support/app.js'
import { startRedis } from '../support/redis.js'

t.test('a service that can work is live and ready, to anybody', async t => {
  const { call } = await start(t)
  const live = await call('GET', '/health/live')
  t.equal(live.status, 200)
  t.strictSame(live.body, { status: 'ok' })

  const ready = await call('GET', '/health/ready', { token: 'credentials are not looked at' })
  t.equal(ready.status, 200)
  const { status, redis, ...others } = ready.body
  t.strictSame({ status, redis }, { status: 'ok', redis: 'ok' })
  t.ok(Object.keys(others).length > 0, 'Redis is not all that is looked at')
  t.strictSame(Object.entries(others).filter(([, part]) => part !== 'ok'), [])
})

t.test('without Redis the service is live, not ready, and says that it is Redis', async t => {
  const redis = await startRedis('--appendonly', 'yes', '--appendfsync', 'always')
  t.teardown(redis.remove)
  const { call } = await start(t, { REDIS_URL: redis.url })
  t.equal((await call('GET', '/health/ready')).status, 200)

  await redis.kill()
  const ready = await call('GET', '/health/ready')
  t.equal(ready.status, 503)
  t.not(ready.body.status, 'ok')
  t.strictSame(Object.keys(ready.body).filter(part => part !== 'status' && ready.body[part] !== 'ok'), ['redis'])
  t.match(await call('GET', '/health/live'), { status: 200, body: { status: 'ok' } })

  await redis.start()
  let recovered = false
  for (const until = Date.now() + 60_000; !recovered && Date.now() < until;) {
    recovered = (await call('GET', '/health/ready')).status === 200
    if (!recovered) await new Promise(resolve => setTimeout(resolve, 50))
  }
  t.ok(recovered, 'it becomes ready again by itself')
})

t.test('without its folder the service is not ready, and Redis is not to blame', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'guardcell-health-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const { call } = await start(t, { STATE_DIR: folder, DATA_DIR: t.testdir() })
  t.equal((await call('GET', '/health/ready')).status, 200)

  await rm(folder, { recursive: true })
  const { status, body } = await call('GET', '/health/ready')
  t.equal(status, 503)
  const failing = Object.keys(body).filter(part => part !== 'status' && body[part] !== 'ok')
  t.equal(failing.length, 1)
  t.not(failing[0], 'redis')
  t.notMatch(JSON.stringify(body), folder, 'no path is given away')
  t.equal((await call('GET', '/health/live')).status, 200)
})

t.test('a Redis that was emptied beneath the service is not the one that its keys belong to', async t => {
  const redis = await startRedis()
  t.teardown(redis.remove)
  const { app, call } = await start(t, { REDIS_URL: redis.url })
  await (app.redis as Redis).flushall()
  t.match(await call('GET', '/health/ready'), { status: 503, body: { status: 'failing', redis: 'ok', keys: 'failing' } })
})
