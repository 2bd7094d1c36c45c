import type { Redis } from 'ioredis'
import t from 'tap'
import { createAccountStore } from '#lib/accounts/store.js'
import { keysOf, PASSWORD, start, type Running } from '../../support/app.js'

const fieldsOf = async ({ app }: Running, uid: string): Promise<Record<string, string>> => await app.redis.hgetall(`${app.names.user(uid)}:user`)

const holders = async ({ app }: Running, email: string): Promise<string[]> => (await app.accountStore.byEmail(email)).map(({ username }) => username).sort()

/** The entries of the index of e-mail addresses. */
async function entries ({ app }: Running): Promise<string[]> {
  const redis = app.redis as Redis
  const keys: string[] = []
  for await (const found of redis.scanStream({ match: app.names.email('*'), count: 1000 })) keys.push(...found as string[])
  return (await Promise.all(keys.map(key => redis.smembers(key)))).flat()
}

const setEmail = async ({ app }: Running, uid: string, email: string | null) => await app.accounts.update(uid, { email })

t.test('an e-mail address is sealed in the account, and shown in clear', async t => {
  const running = await start(t)
  const { app, call, createUser, login } = running
  const { id } = await createUser('ada', { email: 'Ada@Lab.example' })
  const { email, salt, ...rest } = await fieldsOf(running, id)
  t.match(email, /^1\.[\w-]{8}\.[\w-]+$/)
  t.match(salt, /^[\w-]{22}$/)
  t.notMatch(JSON.stringify(rest), /lab\.example/i)
  const { access_token: token, user } = await login('ada')
  t.equal(user.email, 'Ada@Lab.example', 'as it was given')
  t.equal((await call('GET', '/v1/users/me', { token })).body.email, 'Ada@Lab.example')
  t.equal((await app.accounts.list(10, undefined)).items.find(item => item.id === id)?.email, 'Ada@Lab.example')
})

t.test('accounts are found by e-mail address, however it is written, and lookups follow changes', async t => {
  const running = await start(t)
  const { app, createUser } = running
  const ada = await createUser('ada', { email: 'ada@lab.example' })
  const bob = await createUser('bob', { email: 'ADA@lab.example' })
  await createUser('cy')
  t.strictSame(await holders(running, ' aDa@LAB.example '), ['ada', 'bob'], 'an address need not be one account’s')
  t.equal((await app.accountStore.byEmail('ada@lab.example')).find(({ id }) => id === bob.id)?.email, 'ADA@lab.example')
  await setEmail(running, ada.id, 'countess@lab.example')
  t.strictSame(await holders(running, 'ada@lab.example'), ['bob'])
  t.strictSame(await holders(running, 'countess@lab.example'), ['ada'])
  await setEmail(running, bob.id, null)
  t.strictSame(await holders(running, 'ada@lab.example'), [])
  await app.accounts.remove(ada.id)
  t.strictSame(await holders(running, 'countess@lab.example'), [])
  t.strictSame(await entries(running), [], 'and nothing is left of those that were')
  await createUser('dee', { email: 'ada@lab.example' })
  await t.rejects(createUser('dee', { email: 'other@lab.example' }), { code: 'username_taken' })
  await t.rejects(setEmail(running, 'nobody', 'other@lab.example'), { code: 'user_not_found' })
  t.equal((await app.accountStore.update('nobody', { members: { email: 'other@lab.example' } })).outcome, 'missing')
  t.equal((await entries(running)).length, 1, 'nor of those that never came to be')
})

t.test('of many changes at the same moment the index keeps the one that the account keeps', async t => {
  const running = await start(t)
  const { id } = await running.createUser('ada', { email: 'a0@lab.example' })
  const addresses = Array.from({ length: 4 }, (_, n) => `a${n}@lab.example`)
  for (let round = 0; round < 10; round++) {
    await Promise.all([...addresses, ...addresses].map(email => running.app.accountStore.update(id, { members: { email } })))
    const { email } = await running.app.accounts.get(id)
    for (const address of addresses) t.strictSame(await holders(running, address), address === email ? ['ada'] : [])
    t.equal((await entries(running)).length, 1)
  }
})

t.test('a crash between account and index leaves nothing that is wrong', async t => {
  const running = await start(t)
  const { app, clock, createUser } = running
  const { id } = await createUser('ada', { email: 'old@lab.example' })
  const dying = (command: string) => {
    const redis = Object.create(app.redis, { [command]: { value: async () => { throw new Error('crash') } } }) as Redis
    return createAccountStore({ redis, names: app.names, sealing: app.sealing, stamp: async () => String(clock.skew()) })
  }
  await t.rejects(dying('srem').update(id, { members: { email: 'new@lab.example' } }), /crash/)
  t.strictSame([await holders(running, 'old@lab.example'), await holders(running, 'new@lab.example')], [[], ['ada']])
  await t.rejects(dying('sadd').update(id, { members: { email: 'newer@lab.example' } }), /crash/)
  t.strictSame([await holders(running, 'new@lab.example'), await holders(running, 'newer@lab.example')], [['ada'], []])
  await t.rejects(dying('srem').remove(id, 'ada'), /crash/)
  t.strictSame(await holders(running, 'new@lab.example'), [])
})

t.test('an account of before there were seals', async t => {
  const running = await start(t)
  const { app, call, createUser, login } = running
  const { id } = await createUser('ada')
  const key = `${app.names.user(id)}:user`
  await app.redis.hdel(key, 'salt', 'email_entry')
  await app.redis.hset(key, 'email', 'ada@lab.example')
  app.sealing.forget(id)

  const { access_token: token, user } = await login('ada')
  t.equal(user.email, 'ada@lab.example', 'shows its address')
  t.match((await fieldsOf(running, id)).salt, /^[\w-]{22}$/, 'gets a salt when something is sealed')
  t.equal((await call('PATCH', '/v1/users/me', { token, body: { fullname: 'Ada L.' } })).body.email, 'ada@lab.example')
  t.match((await fieldsOf(running, id)).email, /^1\./, 'has its address sealed with the next change')
  t.strictSame(await holders(running, 'ada@lab.example'), ['ada'], 'and is found by it')
  t.equal((await call('GET', '/v1/users/me', { token })).body.email, 'ada@lab.example')
})

t.test('an address that cannot be opened is none, and nothing else breaks', async t => {
  const running = await start(t)
  const { app, call, createUser, login, refresh } = running
  const { id } = await createUser('ada', { email: 'ada@lab.example' })
  const { email = '' } = await fieldsOf(running, id)
  await app.redis.hset(`${app.names.user(id)}:user`, 'email', `${email.slice(0, -1)}${email.endsWith('A') ? 'B' : 'A'}`)
  const { access_token: token, refresh_token: refreshToken, user } = await login('ada')
  t.equal(user.email, null)
  t.match(await call('GET', '/v1/users/me', { token }), { status: 200, body: { username: 'ada', email: null } })
  t.equal((await refresh(refreshToken)).status, 200)
  t.strictSame(await holders(running, 'ada@lab.example'), [])
  await setEmail(running, id, 'ada@lab.example')
  t.strictSame(await holders(running, 'ada@lab.example'), ['ada'])
})

t.test('devices of sessions', async t => {
  const running = await start(t)
  const { app, call, createUser, login } = running
  const { id } = await createUser('ada')
  const { access_token: token, session_id: own } = await login('ada', PASSWORD, { device: 'Roof camera' })
  const { session_id: other } = await login('ada', PASSWORD, { device: 'Laptop' })
  const key = (session: string) => `${app.names.user(id)}:session:${session}`
  const devices = async (): Promise<Record<string, unknown>> => {
    const { status, body } = await call('GET', '/v1/sessions', { token })
    t.equal(status, 200)
    return Object.fromEntries(body.items.map((item: { id: string, device: unknown }) => [item.id, item.device]))
  }

  await t.test('are sealed, and listed in clear', async t => {
    t.match(await app.redis.hget(key(own), 'device'), /^1\.[\w-]{8}\.[\w-]+$/)
    t.match(await devices(), { [own]: { ip: '127.0.0.1', label: 'Roof camera' }, [other]: { label: 'Laptop' } })
  })

  await t.test('that are spoilt are listed with nothing in them', async t => {
    const sealed = await app.redis.hget(key(other), 'device') ?? ''
    const changed = `${sealed.slice(0, 40)}${sealed[40] === 'x' ? 'y' : 'x'}${sealed.slice(41)}`
    for (const spoilt of [changed, sealed.slice(0, 30), '1.', 'nonsense', '', 'null', '"text"']) {
      await app.redis.hset(key(other), 'device', spoilt)
      t.strictSame((await devices())[other], { ip: null, user_agent: null, label: null }, spoilt)
    }
    t.match((await devices())[own], { label: 'Roof camera' })
  })

  await t.test('of before there were seals are listed', async t => {
    await app.redis.hset(key(other), 'device', '{"ip":"198.51.100.7","user_agent":null,"label":"Old"}')
    t.strictSame((await devices())[other], { ip: '198.51.100.7', user_agent: null, label: 'Old' })
  })
})

t.test('with the account its salt is gone, and what a copy still holds is unreadable', async t => {
  const running = await start(t)
  const { app, createUser, login } = running
  const { id } = await createUser('ada', { email: 'ada@lab.example' })
  const { session_id: session } = await login('ada', PASSWORD, { device: 'Roof camera' })
  const { email = '' } = await fieldsOf(running, id)
  const device = await app.redis.hget(`${app.names.user(id)}:session:${session}`, 'device') ?? ''
  const before = await app.sealing.forUser(id)
  t.match([before.open('email', email), before.open('device', device)], ['ada@lab.example', /Roof camera/])
  await app.accounts.remove(id)
  const after = await app.sealing.forUser(id)
  t.strictSame([after.open('email', email), after.open('device', device)], [null, null])
  t.strictSame(Object.keys(await fieldsOf(running, id)).sort(), ['deleted', 'id', 'username'], 'no salt was made for it')
  t.strictSame((await keysOf(app, id)).filter(key => key.includes(':session:')), [])
})
