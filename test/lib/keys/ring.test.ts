import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { createAlarms } from '#lib/audit/alarms.js'
import { openMaster } from '#lib/keys/master.js'
import type { Secret } from '#lib/keys/secret.js'
import { createRingState } from '#lib/keys/state.js'
import { openRedis } from '#lib/redis/open.js'
import { ownPrefix, start } from '../../support/app.js'
import { newSecret } from '../../support/pairing.js'
import { startReplicas } from '../../support/replicas.js'

const secret: Secret = { kind: 'bytes', bytes: randomBytes(64) }

async function redisOf (t: Test) {
  const { redis } = await openRedis(process.env.REDIS_URL!, () => {})
  t.teardown(() => { redis.disconnect() })
  return redis
}

t.test('made-up kids make few looks, and who asks for a real one meanwhile gets it', async t => {
  const master = await openMaster(secret, Buffer.alloc(16))
  const state = createRingState({ masters: new Map([[master.id, master]]), now: Date.now })
  const entry = (kid: string) => ({ kid, alg: 'HS512' as const, secret: master.id, created: 1, from: 1, access: 1, longest: 1 })
  let looks = 0
  const meet = state.meeting(async () => {
    looks += 1
    await state.take({ outcome: 'ok', now: Date.now(), ring: [entry('real')], facts: {} })
  })
  await Promise.all([...Array.from({ length: 500 }, (_, n) => meet(`made-up-${n}`)), meet('real')])
  t.equal(looks, 1)
  t.equal(state.find('real')?.kid, 'real')
  t.equal(state.find('made-up-1'), undefined)
  await meet('real')
  t.equal(looks, 1, 'a known one costs nothing')
})

t.test('what the store lost of the ring is given back, and what was removed by order is not', async t => {
  const { replicas: [one, other], advance } = await startReplicas(t, 2)
  const { redis, names, keys } = one!.app
  const facts = `${names.keys}:facts`
  const before = (await redis.hget(facts, 'ring'))!
  await keys.rotate()
  advance(301)
  await other!.app.keys.tend()
  const pair = await one!.login('admin')
  await redis.hset(facts, 'ring', before)
  await other!.app.keys.tend()
  await one!.app.keys.tend()
  t.equal((await one!.call('GET', '/v1/users/me', { token: pair.access_token })).status, 200)
  t.equal((await keys.list()).length, 2)

  const [current, former] = await keys.list()
  await keys.remove(former!.kid)
  await other!.app.keys.tend()
  t.strictSame((await other!.app.keys.list()).map(({ kid }) => kid), [current!.kid])
  const { body } = await one!.call('GET', '/v1/audit?kind=keys', { token: pair.access_token })
  t.strictSame(body.items.map(({ action }: { action: string }) => action), ['key_removed', 'key_restored', 'key_announced'])

  await createAlarms({ redis, names, store: one!.app.auditStore, incident: async () => false }).sweep()
  const told = (await redis.xrange(names.alarms, '-', '+')).map(([, [, event = '{}']]) => (JSON.parse(event) as { action: string }).action)
  t.strictSame([...new Set(told)].sort(), ['key_removed', 'key_restored'], 'somebody is told of both')
})

t.test('a key that was removed does not come back with what the store forgets', async t => {
  const { replicas: [one, other], advance } = await startReplicas(t, 2)
  const { redis, names, keys } = one!.app
  const facts = `${names.keys}:facts`
  const pair = await one!.login('admin')
  await keys.rotate()
  advance(301)
  await other!.app.keys.tend()
  const before = await redis.hgetall(facts)
  const [current, former] = await keys.list()
  await keys.remove(former!.kid)
  await other!.app.keys.tend()

  await redis.multi().del(facts).hset(facts, before).exec()
  await other!.app.keys.tend()
  t.strictSame((await keys.list()).map(({ kid }) => kid), [current!.kid])
  t.match(await one!.refresh(pair.refresh_token), { status: 401, body: { code: 'refresh_token_invalid' } })
  const { access_token: token } = await one!.login('admin')
  const { body } = await one!.call('GET', '/v1/audit?kind=keys', { token })
  t.match(body.items[0], { action: 'key_removed', reason: 'repeated', by: 'system', details: { kid: former!.kid } })
})

t.test('what the service does with its keys is not put down to whoever called meanwhile', async t => {
  const { app, call, login, clock } = await start(t, { KEY_ROTATION: '86400', KEY_OVERLAP: '300' })
  const header = Buffer.from(JSON.stringify({ kid: 'made-up', typ: 'at+jwt', alg: 'HS512' })).toString('base64url')
  clock.advance(2 * 86_400)
  t.equal((await call('GET', '/v1/users/me', { token: `${header}.e30.AAAA` })).status, 401)
  t.equal((await app.keys.list())[0]!.status, 'next', 'the call was the occasion')
  const { body } = await call('GET', '/v1/audit?kind=keys', { token: (await login('admin')).access_token })
  t.match(body.items[0], { action: 'key_announced', by: 'system', device: null })
})

t.test('an installation of before keys rotated goes on with its key', async t => {
  const redis = await redisOf(t)
  const [prefix, text] = [ownPrefix(), newSecret()]
  const master = await openMaster({ kind: 'bytes', bytes: Buffer.from(text.slice(7), 'base64') }, Buffer.alloc(16))
  await redis.hset(`${prefix}keys`, { salt: randomBytes(16).toString('base64'), check: master.check, issuer: 'http://before', ring: JSON.stringify([{ kid: 'before', alg: 'HS512', status: 'current', created: Date.now() - 1000 }]) })
  const { app } = await start(t, { REDIS_PREFIX: prefix, JWT_SECRET_KEY: text })
  t.strictSame([app.keys.current.kid, app.keys.issuer], ['before', 'http://before'])
  t.strictSame(app.keys.current.secret, master.derive('sign:before'))
})

t.test('a replica whose key ring is that of another installation says so, and signs nothing', async t => {
  const { app, call } = await start(t)
  await app.redis.hset(`${app.names.keys}:facts`, 'ring', '[]')
  await app.keys.tend()
  t.match((await call('POST', '/v1/auth/login', { body: { username: 'admin', password: 'correct horse battery' } })), { status: 503 })
})
