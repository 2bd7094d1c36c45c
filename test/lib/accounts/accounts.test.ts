import { argon2id, hash } from 'argon2'
import t from 'tap'
import { createPasswords } from '#lib/accounts/passwords.js'
import { createAccountStore } from '#lib/accounts/store.js'
import { PASSWORD, start, type Running } from '../../support/app.js'
import { hashForReal } from '../../support/argon2.js'
import { busyMs } from '../../support/busy.js'

const storeOf = ({ app, clock }: Running) => createAccountStore({ redis: app.redis, names: app.names, sealing: app.sealing, stamp: async () => String(clock.skew()) })

t.test('an old or weak hash is renewed at the next login', async t => {
  hashForReal(t)
  const running = await start(t)
  const user = await running.createUser('ada')
  const old = await hash(PASSWORD, { type: argon2id, memoryCost: 8192, timeCost: 3, parallelism: 2 })
  await storeOf(running).update(user.id, { members: { password: old } })
  await running.login('ada')
  const renewed = (await storeOf(running).byId(user.id))!.password
  t.not(renewed, old)
  t.match(renewed, /m=19456,/)
  await running.login('ada')
  t.equal((await storeOf(running).byId(user.id))!.password, renewed, 'and then kept')
})

t.test('an unknown user costs as much work as a wrong password', async t => {
  hashForReal(t)
  const { call } = await start(t)
  const work = new Map<string, number[]>([['admin', []], ['nobody', []]])
  for (let n = 0; n < 9; n++) {
    for (const [username, found] of work) {
      const before = busyMs()
      await call('POST', '/v1/auth/login', { body: { username, password: 'wrong wrong' } })
      found.push(busyMs() - before)
    }
  }
  // In turns, so that both meet the same noise; without hashing the ratio would be above ten.
  const [known, unknown] = [...work.values()].map(found => found.sort((a, b) => a - b)[4]!)
  t.ok(unknown! > known! / 2 && unknown! < known! * 2, `${known} ms known, ${unknown} ms unknown`)
})

t.test('only so many passwords are hashed at once, and a line that is too long is refused', async t => {
  hashForReal(t)
  const passwords = await createPasswords(1)
  const known = await passwords.hash('x')
  let running = 0
  let most = 0
  const checks = Array.from({ length: 5 }, () => passwords.verify(known, 'x', async () => {
    most = Math.max(most, ++running)
    await new Promise(resolve => setTimeout(resolve, 5))
    running--
  }))
  t.strictSame(await Promise.all(checks), ['current', 'current', 'current', 'current', 'current'])
  t.equal(most, 1)
  let release = (): void => {}
  const held = new Promise<void>(resolve => { release = resolve })
  const line = Array.from({ length: 501 }, () => passwords.verify(undefined, 'x', async () => {
    await held
    throw new Error('left the line')
  }).catch(() => false))
  t.throws(() => passwords.hash('one too many'), { code: 'overloaded', statusCode: 503 })
  release()
  await Promise.all(line)
})

t.test('a name whose account was lost can be created again, one whose account was deleted cannot', async t => {
  const running = await start(t)
  const lost = await running.createUser('ada')
  await running.app.redis.del(`${running.app.names.user(lost.id)}:user`)
  t.equal((await running.createUser('ada')).id, lost.id, 'under the id that the name stands for')
  await running.app.accounts.remove(lost.id)
  await t.rejects(running.createUser('ada'), { code: 'username_taken' })
  t.strictSame((await running.app.accounts.list(50, undefined)).items.map(u => u.username), ['admin'], 'and the list does not show it')
})

t.test('of many who create one name at the same moment, one does', async t => {
  const { createUser } = await start(t)
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => createUser('ada')))
  t.equal(results.filter(r => r.status === 'fulfilled').length, 1)
})

t.test('the first admin counts as made only when its password was shown', async t => {
  const running = await start(t)
  const { app } = running
  const shown: string[] = []
  await app.ensureFirstAdmin((_name, password) => shown.push(password))
  t.strictSame(shown, [], 'a later start makes none')

  await running.login('admin')
  await app.redis.del(app.names.admins, `${app.names.admins}:claim`)
  await app.ensureFirstAdmin(() => {})
  t.equal(await app.redis.scard(app.names.admins), 1, 'one who signed in before is found again')
  await running.login('admin')
})

t.test('a crash between making and showing the first admin gives another password', async t => {
  const running = await start(t)
  const { app } = running
  await app.redis.del(app.names.admins, `${app.names.admins}:claim`)
  const { ensureFirstAdmin } = await import('#lib/accounts/first-admin.js')
  const shown: string[] = []
  await ensureFirstAdmin({ store: storeOf(running), passwords: await createPasswords(1), given: undefined, randomId: () => 'x', now: Date.now, announce: (_name, password) => shown.push(password) })
  t.equal(shown.length, 1)
  await running.login('admin', shown[0])
})

t.test('a change that fails leaves the last admin an admin', async t => {
  const running = await start(t)
  const { app } = running
  const [admin] = (await app.accounts.list(1, undefined)).items
  const second = await running.createUser('second', { roles: ['admin'] })
  await app.redis.hdel(`${app.names.user(second.id)}:user`, 'id')
  await t.rejects(app.accounts.update(second.id, { roles: ['reader'] }), { code: 'user_not_found' })
  await app.redis.hset(`${app.names.user(second.id)}:user`, 'id', second.id)
  await app.accounts.update(second.id, { roles: ['reader'] })
  await t.rejects(app.accounts.update(admin!.id, { active: false }), { code: 'last_admin' })
  await t.rejects(app.accounts.remove(admin!.id), { code: 'last_admin' })
})
