import { Redis } from 'ioredis'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { keysOf, newKey, start } from '../../support/app.js'
import { startRedis } from '../../support/redis.js'

const REFRESHES = Number(process.env.REFRESHES ?? 1_000)

t.test(`a session takes the same keys and bytes after ${REFRESHES} refreshes as after one`, async t => {
  const { app, login, refresh } = await start(t)
  const { user, ...first } = await login('admin')
  const redis = app.redis as Redis
  const footprint = async () => {
    const keys = await keysOf(app, user.id)
    const bytes = await Promise.all(keys.map(key => redis.memory('USAGE', key, 'SAMPLES', 0)))
    return { kinds: keys.map(key => key.split(':').slice(2, 3).join()).sort(), bytes: bytes.reduce<number>((sum, n) => sum + Number(n), 0) }
  }
  let { refresh_token: token } = (await refresh(first.refresh_token, newKey())).body
  const one = await footprint()
  for (let n = 1; n < REFRESHES; n++) {
    const answer = await refresh(token, newKey())
    if (answer.status !== 200) throw new Error(`refresh ${n}: ${answer.body.code}`)
    token = answer.body.refresh_token
  }
  const many = await footprint()
  t.strictSame(many.kinds, one.kinds)
  t.ok(Math.abs(many.bytes - one.bytes) <= one.bytes * 0.05, `${one.bytes} bytes after one, ${many.bytes} after ${REFRESHES}`)
})

t.test('nothing of a session is left once everything has expired', async t => {
  const { app, login, refresh } = await start(t, { SESSION_TIMEOUT: '0.2', REFRESH_TIMEOUT: '0.9', SESSION_MAX_AGE: '3' })
  const { user, refresh_token: token } = await login('admin')
  t.equal((await refresh(token)).status, 200, 'a lifetime under a second is no lifetime of zero')
  await refresh(token)
  const { session_id: session } = await login('admin')
  t.equal(await app.redis.exists(`${app.names.user(user.id)}:session:${session}`), 1)
  const left = async () => (await keysOf(app, user.id)).filter(key => !key.includes(':audit'))
  const lasts = await Promise.all((await left()).filter(key => !key.endsWith(':user')).map(key => app.redis.pttl(key)))
  t.ok(lasts.length > 0 && lasts.every(ms => ms !== -1 && ms <= 4_000), `they last ${lasts.join(', ')} ms`)
  for (const deadline = Date.now() + 30_000; (await left()).length > 1 && Date.now() < deadline;) await sleep(50)
  t.strictSame(await left(), [`${app.names.user(user.id)}:user`], 'neither session, refresh token, tombstone nor index')
})

t.test('a refresh is one call to Redis, and so is the look-up of a protected route', async t => {
  const server = await startRedis()
  t.teardown(() => server.remove())
  const { app, call, login, refresh } = await start(t, { REDIS_URL: server.url })
  const { access_token: access, refresh_token: token } = await login('admin')
  const { body: { refresh_token: warm } } = await refresh(token)
  await call('GET', '/v1/users/me', { token: access })

  const client = new Redis(server.url)
  const monitor = await client.monitor()
  t.teardown(() => {
    monitor.disconnect()
    client.disconnect()
  })
  const seen: string[] = []
  // The key ring is looked at, the stream of changes of data sets is read, and the replica says that it runs, whenever it is time to, whoever calls.
  const isRoutine = (command: string, rest: string[]): boolean => command === 'xread' || rest.includes(app.names.keys) || (command === 'set' && rest[0]!.startsWith(app.names.replica('')))
  monitor.on('monitor', (_time: string, [command = '', ...rest]: string[], source: string) => { if (source !== 'lua' && !isRoutine(command.toLowerCase(), rest)) seen.push(command.toLowerCase()) })
  const during = async (act: () => Promise<unknown>): Promise<string[]> => {
    seen.length = 0
    await act()
    await sleep(100)
    // Whatever came before it has been told of once this is.
    await client.echo('over')
    for (const deadline = Date.now() + 30_000; !seen.includes('echo') && Date.now() < deadline;) await sleep(5)
    return seen.filter(command => command !== 'echo')
  }
  t.strictSame(await during(() => refresh(warm)), ['evalsha'])
  t.strictSame(await during(() => call('GET', '/v1/users/me', { token: access })), ['evalsha'])
})
