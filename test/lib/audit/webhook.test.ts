import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { signatureOf } from '#lib/audit/webhook.js'
import { login, MAIN, refresh, serve, stateDir } from '../../main/process.js'
import { ownPrefix, PASSWORD, start } from '../../support/app.js'
import { freePort } from '../../support/redis.js'
import { distinct, startReceiver, type Delivery } from '../../support/webhook.js'

const SECRET = 'a secret of the receiver'
const KEY = `base64:${Buffer.alloc(64, 5).toString('base64')}`

/** Waits until something is so. @returns false if it did not become so in time */
async function until (isSo: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const deadline = Date.now() + 30_000; !await isSo(); await sleep(20)) if (Date.now() > deadline) return false
  return true
}

const idsOf = (deliveries: Delivery[]): string[] => distinct(deliveries).map(({ body }) => JSON.parse(body).id as string)
const actionsOf = (deliveries: Delivery[]): string[] => distinct(deliveries).map(({ body }) => JSON.parse(body).action as string)

t.test('an alarm is delivered, signed, however long the receiver does not take it', async t => {
  const { url, calls, taken } = await startReceiver(t, 500, 503, 'hang')
  const { login, refresh, createUser } = await start(t, { AUDIT_WEBHOOK_URL: url, AUDIT_WEBHOOK_SECRET: SECRET, AUDIT_WEBHOOK_TIMEOUT: '0.2' })
  const ada = await createUser('ada', { email: 'ada@lab.example' })
  const { refresh_token: spent, session_id: session } = await login('ada')
  for (let n = 0; n < 2; n++) await refresh(spent)
  await until(() => taken.length > 0)

  t.equal(calls.length, 4, 'refused twice, left without an answer once, taken')
  t.equal(idsOf(calls).length, 1)
  const { body, timestamp, signature } = taken[0]!
  t.equal(signature, `v1=${signatureOf(SECRET, timestamp, body)}`)
  t.not(signature, `v1=${signatureOf(SECRET, String(Number(timestamp) + 1), body)}`, 'the time is signed as well')
  t.ok(Math.abs(Date.now() / 1000 - Number(timestamp)) < 60)
  t.match(JSON.parse(body), { action: 'reuse', user: ada.id, session, reason: 'predecessor', result: 'failure', time: /Z$/ })
  t.notMatch(calls.map(call => call.body).join(), /127\.0\.0\.1|lightMyRequest|lab\.example|1\.[\w-]+\./, 'nothing personal, sealed or not')
})

t.test('what is alarming is delivered, what is not is not', async t => {
  const { url, taken } = await startReceiver(t)
  const { app, call, login, createUser } = await start(t, { AUDIT_WEBHOOK_URL: url, AUDIT_WEBHOOK_SECRET: SECRET, AUDIT_WEBHOOK_TIMEOUT: '0.2' })
  const ada = await createUser('ada')
  const { access_token: token } = await login('admin')
  for (let n = 0; n < 9; n++) await app.auditStore.failedLogin({ user: ada.id, address: '192.0.2.1', reason: 'wrong_password' })
  await call('POST', '/v1/auth/login', { body: { username: 'ada', password: 'wrong' } })
  await call('PATCH', `/v1/users/${ada.id}`, { token, body: { roles: ['contributor'] } })
  // Nobody was told of this one, as if the service had died before it passed the alarm on.
  await app.acting.run(() => ({ by: '', session: '', device: null }), () => app.auditStore.record(ada.id, { action: 'heal', alarm: true }))
  await call('PATCH', `/v1/users/${ada.id}`, { token, body: { fullname: 'Ada' } })
  await until(() => actionsOf(taken).length > 2)
  t.strictSame(actionsOf(taken).sort(), ['brute_force', 'heal', 'role_changed'])

  await app.redis.hset(app.names.incidents, 'changed', Date.now())
  await app.auditStore.record(ada.id, { action: 'heal', alarm: true })
  await app.auditStore.record(ada.id, { action: 'late_reuse', alarm: true })
  await call('PATCH', `/v1/users/${ada.id}`, { token, body: { fullname: 'Countess' } })
  await until(() => actionsOf(taken).length > 3)
  t.equal(actionsOf(taken)[3], 'late_reuse', 'a heal that an incident explains is no alarm')
  t.equal(await app.redis.exists(`${app.names.user(ada.id)}:audit:alarms`), 0)
})

t.test('two replicas deliver together, and what a killed one held as well', async t => {
  const { url, calls, taken } = await startReceiver(t, 'hang')
  const env = { REDIS_PREFIX: ownPrefix(), JWT_SECRET_KEY: KEY, ADMIN_PASSWORD: PASSWORD, AUDIT_WEBHOOK_URL: url, AUDIT_WEBHOOK_SECRET: SECRET }
  // So patient with the receiver that it holds the alarm until its end.
  const killed = await serve(t, MAIN, { ...env, REDIS_URL: process.env.REDIS_URL!, STATE_DIR: await stateDir(t), PORT: String(await freePort()), AUDIT_WEBHOOK_TIMEOUT: '60' })
  const { body: { refresh_token: spent } } = await login(killed.url, PASSWORD)
  for (let n = 0; n < 2; n++) await refresh(killed.url, spent)
  t.ok(await until(() => calls.length === 1), 'it took the alarm')
  await killed.end('SIGKILL')
  t.equal(taken.length, 0, 'and was never told that it arrived')

  const quick = { ...env, AUDIT_WEBHOOK_TIMEOUT: '0.2' }
  const [one, other] = [await start(t, quick), await start(t, quick)]
  const { redis, names } = one.app
  const ada = await one.createUser('ada')
  const raise = async ({ app }: typeof one): Promise<void> => {
    await app.auditStore.record(ada.id, { action: 'role_changed', alarm: true })
    app.tell({ type: 'account_changed', user: ada.id, members: [] })
  }
  for (let n = 0; n < 10; n++) await Promise.all([raise(one), raise(other)])
  await until(() => idsOf(taken).length === 21)
  t.equal(idsOf(taken).length, 21, 'each of them')
  t.ok(idsOf(taken).includes(idsOf(calls)[0]!), 'the one that was held as well')
  t.ok(await until(async () => (await redis.xpending(names.alarms, 'webhook') as [number])[0] === 0), 'and nothing waits any more')
})

t.test('a start passes on what an earlier process could not, and a group that was lost is made again', async t => {
  const { url, taken } = await startReceiver(t)
  const env = { REDIS_PREFIX: ownPrefix(), JWT_SECRET_KEY: KEY }
  const before = await start(t, env)
  const ada = await before.createUser('ada')
  await before.app.auditStore.record(ada.id, { action: 'role_changed', alarm: true })
  const { app } = await start(t, { ...env, AUDIT_WEBHOOK_URL: url, AUDIT_WEBHOOK_SECRET: SECRET, AUDIT_WEBHOOK_TIMEOUT: '0.2' })
  await until(() => taken.length > 0)
  t.match(JSON.parse(taken[0]!.body), { action: 'role_changed', by: 'system' })
  await app.redis.del(app.names.alarms)
  await until(async () => await app.redis.exists(app.names.alarms) === 1)
  await app.auditStore.record(ada.id, { action: 'reuse', alarm: true })
  app.tell({ type: 'account_changed', user: ada.id, members: [] })
  await until(() => actionsOf(taken).length > 1)
  t.equal(actionsOf(taken)[1], 'reuse')
})
