import type { Redis } from 'ioredis'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { BootError } from '#lib/boot-error.js'
import { keysOf, newKey, ownPrefix, start, type Running } from '../../support/app.js'
import { pageOf } from '../../support/jar.js'
import { begin, newSecret, poll, withUser, wordOf } from '../../support/pairing.js'
import { startCluster } from '../../support/redis.js'
import { startMailbox } from '../../support/smtp.js'

async function until (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 30_000; !await isSo(); await sleep(10)) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`)
  }
}

/** An installation whose secret can be changed; the overlap is short, because Redis' clock is what it is. */
async function installation (t: Test, env: Record<string, string> = {}) {
  const shared = { REDIS_PREFIX: ownPrefix(), ISSUER: 'http://lab.example', KEY_OVERLAP: '0.15', REGISTRATION: 'invite', ...env }
  const secrets = { former: newSecret(), next: newSecret() }
  const run = (more: Record<string, string>): Promise<Running> => start(t, { ...shared, ...more })
  return {
    shared,
    secrets,
    run,
    before: () => run({ JWT_SECRET_KEY: secrets.former }),
    between: () => run({ JWT_SECRET_KEY: secrets.next, JWT_SECRET_KEY_PREVIOUS: secrets.former }),
    after: () => run({ JWT_SECRET_KEY: secrets.next })
  }
}

const obstacleOf = async ({ app }: Running): Promise<string | null> => (await app.keys.status()).obstacle
const inUse = ({ app }: Running): string => app.keys.secrets()[0].id
const me = async ({ call }: Running, token: string): Promise<number> => (await call('GET', '/v1/users/me', { token })).status

t.test('the secret changes under a running service, nobody is logged out, and the former one can go', async t => {
  const mailbox = await startMailbox(t)
  const lab = await installation(t, { MAIL_URL: mailbox.url })
  const old = await lab.before()
  const formerId = inUse(old)
  const formerKeys = [...Object.values(old.app.keys.secrets()[0]), old.app.keys.current.secret, old.app.keys.current.opaque].filter(key => Buffer.isBuffer(key))
  const { access_token: admin, refresh_token: adminRefresh, user } = await old.login('admin', undefined, { device: 'microscope' })
  const ada = await old.createUser('ada', { email: 'Ada@Lab.example', roles: ['contributor'] })
  const idle = await old.login('ada', undefined, { device: 'laptop of Ada' })
  const { body: { token: camera } } = await old.call('POST', '/v1/api-tokens', { token: idle.access_token, body: { name: 'camera', datasets: { '*': ['read'] } } })
  const { body: invited } = await old.call('POST', '/v1/invitations', { token: admin, body: { email: 'bob@lab.example' } })
  await old.call('POST', '/v1/invitations', { token: admin, body: { email: 'eve@lab.example' } })
  await old.call('POST', '/v1/auth/password/forgot', { body: { username: 'ada' } })
  const { token: resetToken } = await mailbox.link('Ada@lab.example')
  const { body: device } = await begin(old, { device_name: 'camera 7' })
  const page = pageOf(old)
  await page.login()

  const first = await lab.between()
  await until('it waits for the other replica', async () => /1 of 2 processes/.test(await obstacleOf(first) ?? ''))
  t.equal(inUse(first), formerId, 'as long as one replica does not know the new secret, nothing is made with it')
  await t.rejects(lab.after(), /JWT_SECRET_KEY_PREVIOUS cannot go yet/)
  const [key, spent] = [newKey(), adminRefresh]
  const { body: pair } = await first.refresh(spent, key)
  await old.app.close()

  const second = await lab.between()
  await until('the new secret is in use', () => inUse(second) !== formerId && inUse(first) !== formerId)
  const { body: again } = await second.refresh(spent, key)
  t.strictSame([again.access_token, again.refresh_token], [pair.access_token, pair.refresh_token], 'a lost answer is repeated to the byte')
  t.equal(await me(second, pair.access_token), 200)
  const approver = await second.login('admin')
  t.equal((await withUser(second, approver.access_token).approve(device.user_code)).status, 200, 'a pairing that had begun can be approved')

  await until('all is sealed anew', async () => await obstacleOf(second) === null)
  await Promise.all([first.app.close(), second.app.close()])
  const late = await lab.after()
  t.equal(inUse(late), inUse(second))
  t.equal(late.app.keys.secrets().length, 2, 'of the former one is known what was kept')

  t.match((await late.call('GET', '/v1/users/me', { token: idle.access_token })).body, { email: 'Ada@Lab.example' })
  t.equal((await late.call('GET', '/v1/scans', { token: camera })).status, 200, 'an API token of before')
  const { body: renewed } = await late.refresh(idle.refresh_token, newKey())
  t.equal(await me(late, renewed.access_token), 200, 'a refresh token of before')
  const { body: { items: [session] } } = await late.call('GET', '/v1/sessions', { token: renewed.access_token })
  t.match(session.device, { ip: '127.0.0.1', user_agent: 'lightMyRequest', label: 'laptop of Ada' })
  const { body: audit } = await late.call('GET', `/v1/audit?user=${ada.id}&action=login`, { token: approver.access_token })
  t.match(audit.items.at(-1).device, { ip: '127.0.0.1' }, 'an event of before')
  t.strictSame((await late.app.accountStore.byEmail('ada@lab.EXAMPLE')).map(({ id }) => id), [ada.id])
  t.equal(wordOf(await poll(late, device.device_code)), 'token', 'the device fetches its token')
  const sameTab = pageOf(late, page.jar)
  t.equal((await sameTab.send('POST', '/v1/auth/reauthenticate', { body: { password: 'correct horse battery' } })).status, 200, 'a page goes on with its CSRF token')
  t.equal((await late.call('POST', '/v1/auth/register', { body: { username: 'bob', fullname: 'Bob', password: 'correct horse battery', email: 'Bob@lab.example', invitation: invited.token } })).status, 201, 'an invitation of before')
  t.equal((await late.call('POST', '/v1/auth/password/reset', { body: { token: resetToken, new: 'another correct horse' } })).status, 204, 'a link of before')

  const redis = late.app.redis as Redis
  const stored = async (id: string): Promise<string> => JSON.stringify(await Promise.all((await keysOf(late.app, id)).filter(name => !name.includes(':audit')).map(async name => await redis.type(name) === 'hash' ? await redis.hgetall(name) : '')))
  for (const id of [ada.id, user.id]) t.notMatch(await stored(id), new RegExp(`"1\\.${formerId}\\.`), 'nothing that can be written again is still sealed with the former one')
  const facts = JSON.stringify(await redis.hgetall(`${late.app.names.keys}:facts`))
  t.equal(formerKeys.length, 7)
  for (const form of ['hex', 'base64', 'base64url'] as const) t.notOk(formerKeys.some(formerKey => facts.includes(formerKey.toString(form).slice(0, 20))), `no former key is kept in clear (${form})`)
  const { body: { items: told } } = await late.call('GET', '/v1/audit?kind=keys', { token: approver.access_token })
  t.strictSame(told.map(({ action, reason }: Record<string, string>) => [action, reason]), [['secret_changed', null], ['key_announced', 'secret']])
})

t.test('a secret that fits nothing, or goes too early, is refused at the start with what to do', async t => {
  const lab = await installation(t)
  const old = await lab.before()
  await t.rejects(lab.run({ JWT_SECRET_KEY: newSecret() }), /guardcell keys reset/)
  await t.rejects(lab.run({ JWT_SECRET_KEY: newSecret(), JWT_SECRET_KEY_PREVIOUS: newSecret() }), BootError)
  const changing = await lab.between()
  await t.rejects(lab.after(), /JWT_SECRET_KEY_PREVIOUS cannot go yet: it is still in use/)
  await old.app.close()
  await until('the new secret is in use', async () => (await changing.app.keys.list())[0]!.status === 'current')
  await t.rejects(lab.before(), /guardcell keys reset/, 'nor is there a way back without the new one')
  await until('all is sealed anew', async () => await obstacleOf(changing) === null)
  await changing.app.close()
  t.equal(await obstacleOf(await lab.after()), null)
})

t.test('a change can be taken back while it is under way, and a new secret that nobody knows any more is forgotten', async t => {
  const lab = await installation(t)
  const old = await lab.before()
  const id = inUse(old)
  const tried = await lab.between()
  await tried.app.close()
  await old.app.keys.tend()
  t.equal((await old.app.keys.list()).length, 1)

  await old.app.close()
  const changed = await lab.between()
  await until('the new secret is in use', () => inUse(changed) !== id)
  await until('all is sealed anew', async () => await obstacleOf(changed) === null)
  const back = await lab.run({ JWT_SECRET_KEY: lab.secrets.former, JWT_SECRET_KEY_PREVIOUS: lab.secrets.next })
  await until('the former one is in use again', () => inUse(back) === id)
})

t.test('public keys of the former secret verify access tokens until they expire', async t => {
  const lab = await installation(t, { SIGNING_ALG: 'ES256' })
  const old = await lab.before()
  const { access_token: token } = await old.login('admin')
  const { kid } = old.app.keys.current
  await old.app.close()
  const changing = await lab.between()
  await until('all is sealed anew', async () => (await changing.app.keys.list())[0]!.status === 'current' && await obstacleOf(changing) === null)
  await changing.app.close()
  const late = await lab.after()
  t.equal(await me(late, token), 200)
  const { body } = await late.call('GET', '/.well-known/jwks.json')
  t.strictSame(body.keys.map((key: { kid: string }) => key.kid), [kid, late.app.keys.current.kid])
})

t.test('what is still sealed with the former secret in the last moment can be read without it', async t => {
  const lab = await installation(t)
  const old = await lab.before()
  const ada = await old.createUser('ada', { email: 'ada@lab.example' })
  await old.login('ada')
  // As a replica does that was stopped right before it wrote.
  const late = (await old.app.sealing.forUser(ada.id)).seal('email', 'later@lab.example')
  await old.app.close()
  const changing = await lab.between()
  await until('all is sealed anew', async () => (await changing.app.keys.list())[0]!.status === 'current' && await obstacleOf(changing) === null)
  await changing.app.redis.hset(`${changing.app.names.user(ada.id)}:user`, 'email', late)
  await changing.app.close()
  const after = await lab.after()
  const { access_token: token } = await after.login('ada')
  t.match((await after.call('GET', '/v1/users/me', { token })).body, { email: 'later@lab.example' })
})

t.test('a replica that slept through the change answers 503 until it is given the new secret, never 401', async t => {
  const lab = await installation(t)
  const asleep = await lab.before()
  const pair = await asleep.login('admin')
  // It says nothing any more, and is taken to be gone.
  await asleep.app.keys.leave()
  const changing = await lab.between()
  const names = changing.app.names
  // Asleep means that its own looks do not come; here they do, so what they say is taken back.
  const forget = async () => { for (const field of await changing.app.redis.hkeys(`${names.keys}:facts`)) if (field.startsWith('replica:')) await changing.app.redis.hdel(`${names.keys}:facts`, field) }
  await until('the new secret is in use', async () => {
    await forget()
    await changing.app.keys.tend()
    return (await changing.app.keys.list())[0]!.status === 'current'
  })
  await asleep.app.keys.tend()
  t.equal((await asleep.call('GET', '/v1/users/me', { token: pair.access_token })).status, 503)
  t.equal((await asleep.refresh(pair.refresh_token)).status, 503)
  t.match((await asleep.call('GET', '/health/ready')), { status: 503, body: { keys: 'failing' } })
  t.equal((await changing.refresh(pair.refresh_token, newKey())).status, 200)
})

t.test('a store that falls back to before the change loses nobody', async t => {
  const lab = await installation(t)
  const old = await lab.before()
  await old.app.close()
  const changing = await lab.between()
  const { app } = changing
  const facts = `${app.names.keys}:facts`
  const before = await app.redis.hgetall(facts)
  const lost = { ...before, ring: JSON.stringify((JSON.parse(before.ring!) as object[]).slice(0, 1)) }
  await until('the new secret is in use', async () => (await app.keys.list())[0]!.status === 'current')
  const pair = await changing.login('admin')
  // At once, or the service would find nothing in between and put its own there.
  await app.redis.multi().del(facts).hset(facts, Object.fromEntries(Object.entries(lost).filter(([field]) => field !== `secret:${inUse(changing)}`))).exec()
  await app.keys.tend()
  t.equal(await me(changing, pair.access_token), 200)
  t.equal((await lab.between()).app.keys.current.kid, app.keys.current.kid)
})

t.test('the secret changes on a Redis Cluster as well', async t => {
  const cluster = await startCluster()
  t.teardown(() => cluster.remove())
  const lab = await installation(t, { REDIS_URL: cluster.url })
  const old = await lab.before()
  const ada = await old.createUser('ada', { email: 'ada@lab.example' })
  const pair = await old.login('ada')
  await old.app.close()
  const changing = await lab.between()
  await until('all is sealed anew', async () => (await changing.app.keys.list())[0]!.status === 'current' && await obstacleOf(changing) === null)
  await changing.app.close()
  const late = await lab.after()
  t.equal((await late.refresh(pair.refresh_token, newKey())).status, 200)
  t.strictSame((await late.app.accountStore.byEmail('ada@lab.example')).map(({ id }) => id), [ada.id])
})

t.test('of two changes in a row nothing is lost', async t => {
  const lab = await installation(t)
  const [one, two, three] = [newSecret(), newSecret(), newSecret()]
  const old = await lab.run({ JWT_SECRET_KEY: one })
  const ada = await old.createUser('ada', { email: 'ada@lab.example' })
  const idle = await old.login('ada')
  const { access_token: admin } = await old.login('admin')
  await old.app.close()
  for (const [next, previous] of [[two, one], [three, two]] as const) {
    const changing = await lab.run({ JWT_SECRET_KEY: next, JWT_SECRET_KEY_PREVIOUS: previous })
    await until('all is sealed anew', async () => (await changing.app.keys.list())[0]!.status === 'current' && await obstacleOf(changing) === null)
    await changing.app.close()
  }
  const late = await lab.run({ JWT_SECRET_KEY: three })
  t.equal(await me(late, admin), 200)
  const { body: audit } = await late.call('GET', `/v1/audit?user=${ada.id}&action=login`, { token: admin })
  t.match(audit.items.at(-1).device, { ip: '127.0.0.1' })
  const { body } = await late.refresh(idle.refresh_token, newKey())
  t.match((await late.call('GET', '/v1/users/me', { token: body.access_token })).body, { email: 'ada@lab.example' })
})
