import type { Redis } from 'ioredis'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { AuthEvent } from '#lib/events.js'
import { start } from '../../support/app.js'
import { startRedis } from '../../support/redis.js'

async function onRedisOfItsOwn (t: Test, env: Record<string, string> = {}, ...args: string[]) {
  const server = await startRedis(...args)
  const running = await start(t, { REDIS_URL: server.url, ...env })
  t.teardown(() => server.remove())
  const events: AuthEvent[] = []
  running.app.events.on('event', event => events.push(event))
  return { server, running, events, redis: running.app.redis as Redis }
}

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(50)) {
    if (await holds().catch(() => false)) return
  }
  throw new Error('it did not come to hold within 30 s')
}

t.test('a logout that the store lost in a crash is repeated when it comes back', async t => {
  const { server, running, redis } = await onRedisOfItsOwn(t)
  const { refresh_token: token, access_token: access, user } = await running.login('admin')
  await redis.save()
  t.equal((await running.call('POST', '/v1/auth/logout', { body: { refresh_token: token } })).status, 204)
  await server.kill()
  t.match(await running.call('GET', '/v1/users/me', { token: access }), { status: 503, headers: { 'retry-after': '1' } }, 'an outage does not look like a logout')
  await server.start()
  await until(async () => await redis.ping() === 'PONG')
  await until(async () => await redis.exists(`${running.app.names.user(user.id)}:user`) === 1 && (await running.app.tokenStore.list(user.id)).length === 0)
  t.match(await running.refresh(token), { status: 401, body: { code: 'session_ended' } })
})

t.test('a rotation that the store lost is healed, and whether a crash is known grades it', async t => {
  const { server, running, redis, events } = await onRedisOfItsOwn(t)
  const { refresh_token: first } = await running.login('admin')
  await redis.save()
  const { body: { refresh_token: second } } = await running.refresh(first)
  await server.kill()
  await server.start()
  await until(async () => await redis.hget(running.app.names.incidents, 'changed') !== null)
  t.equal((await running.refresh(second)).status, 200, 'the client goes on where it was')
  t.match(events.at(-1), { type: 'store_behind', incident: true })
})

t.test('lost writes without a known incident are told as such', async t => {
  const { running, redis, events } = await onRedisOfItsOwn(t)
  const { refresh_token: first, user } = await running.login('admin')
  const session = `${running.app.names.user(user.id)}:session:${(await running.app.tokenStore.list(user.id))[0]!.id}`
  const before = await redis.dumpBuffer(session)
  const { body: { refresh_token: second } } = await running.refresh(first)
  await redis.restore(session, 60_000, before, 'REPLACE')
  t.equal((await running.refresh(second)).status, 200)
  t.match(events.at(-1), { type: 'store_behind', incident: false })
})

t.test('a logout waits for the replicas that the operator asks for', async t => {
  const { server, running } = await onRedisOfItsOwn(t, { REDIS_WAIT_REPLICAS: '1' }, '--repl-diskless-sync-delay', '0')
  const alone = await running.login('admin')
  t.match(await running.call('POST', '/v1/auth/logout', { body: { refresh_token: alone.refresh_token } }), { status: 503, body: { code: 'ends_not_durable' } })
  t.match(await running.call('GET', '/v1/users/me', { token: alone.access_token }), { status: 401 }, 'the session has ended all the same')

  const replica = await startRedis('--replicaof', '127.0.0.1', String(server.port))
  t.teardown(() => replica.remove())
  await until(async () => String(await (running.app.redis as Redis).info('replication')).includes('state=online'))
  const { refresh_token: token } = await running.login('admin')
  t.equal((await running.call('POST', '/v1/auth/logout', { body: { refresh_token: token } })).status, 204)
})

t.test('the service says at start what of its Redis endangers sessions', async t => {
  const { checkRedis } = await import('#lib/redis/check.js')
  const { redis } = await onRedisOfItsOwn(t, {}, '--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru')
  const { warnings } = await checkRedis(redis, 'gc:')
  t.match(warnings, [/evicts keys/, /no append-only file/])
})

t.test('a full Redis is an outage for what needs room, and a rotation happens whole', async t => {
  const { running, redis } = await onRedisOfItsOwn(t)
  const { refresh_token: token, access_token: access } = await running.login('admin')
  await redis.config('SET', 'maxmemory', '1')
  const creation = await running.call('POST', '/v1/users', { token: access, body: { username: 'ada', fullname: 'Ada', password: 'x'.repeat(12) } })
  t.match(creation, { status: 503, body: { code: 'store_unavailable' }, headers: { 'retry-after': '1' } })
  const { status, body } = await running.refresh(token)
  t.equal(status, 200, 'taking the old token makes room for the new one')
  await redis.config('SET', 'maxmemory', '0')
  t.equal((await running.refresh(body.refresh_token)).status, 200)
})
