import fc from 'fast-check'
import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { openRedis } from '#lib/redis/open.js'
import { keyNames } from '#lib/redis/names.js'
import { createSeal, isSealed, openStored } from '#lib/sealing/seal.js'
import { createSealing } from '#lib/sealing/service.js'
import { ownPrefix } from '../../support/app.js'
import { secretsOf } from '../../support/sealing.js'

const KEY = { id: 'k3y-Id_0', key: randomBytes(64) }
const ada = createSeal(KEY, 'ada', 'salt')
const TEXT = '192.0.2.1, Mozilla/5.0, Ada’s laptop'

t.test('what is sealed opens again, whatever it is, and never looks the same twice', async t => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, field) => {
    const sealed = ada.seal(field, text)
    t.equal(ada.open(field, sealed), text)
    t.not(ada.seal(field, text), sealed)
  }), { numRuns: 300 })
})

t.test('a sealed text names its format and key, and says nothing else', async t => {
  const sealed = ada.seal('email', 'ada@example.org')
  t.match(sealed, /^1\.k3y-Id_0\.[A-Za-z0-9_-]+$/)
  t.ok(isSealed(sealed))
  t.notOk(Buffer.from(sealed.split('.')[2]!, 'base64url').includes('ada@'))
})

t.test('another user, salt, secret, key id or field opens nothing', async t => {
  const sealed = ada.seal('email', TEXT)
  t.equal(createSeal(KEY, 'ada', 'salt').open('email', sealed), TEXT)
  t.equal(createSeal(KEY, 'bob', 'salt').open('email', sealed), null)
  t.equal(createSeal(KEY, 'ada', 'tlas').open('email', sealed), null)
  t.equal(createSeal({ ...KEY, key: randomBytes(64) }, 'ada', 'salt').open('email', sealed), null)
  t.equal(createSeal({ ...KEY, id: 'another0' }, 'ada', 'salt').open('email', sealed.replace(KEY.id, 'another0')), null)
  t.equal(ada.open('device', sealed), null)
})

t.test('one flipped bit anywhere and one missing character anywhere, and nothing opens', async t => {
  const sealed = ada.seal('email', 'ada@example.org')
  const bytes = Buffer.from(sealed)
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const spoilt = Buffer.from(bytes)
    spoilt[bit >> 3]! ^= 1 << (bit & 7)
    t.equal(ada.open('email', spoilt.toString('latin1')), null, `bit ${bit}`)
  }
  for (let length = 0; length < sealed.length; length++) t.equal(ada.open('email', sealed.slice(0, length)), null, `${length} characters`)
  for (const text of ['', '1', '1.', `${sealed}A`, `${sealed}=`, ` ${sealed}`, TEXT]) t.equal(ada.open('email', text), null)
})

t.test('what was stored before fields were sealed is taken as it is, what was cut short is not', async t => {
  t.equal(openStored(ada, 'email', 'ada@example.org'), 'ada@example.org')
  t.equal(openStored(ada, 'email', '1.a.b@example.org'), '1.a.b@example.org')
  t.equal(openStored(ada, 'device', '{"ip":"::1"}'), '{"ip":"::1"}')
  const sealed = ada.seal('email', 'ada@example.org')
  t.equal(openStored(ada, 'email', sealed), 'ada@example.org')
  for (let length = 2; length < sealed.length; length++) t.equal(openStored(ada, 'email', sealed.slice(0, length)), null, `${length} characters`)
})

async function prepared (t: Test) {
  const { redis } = await openRedis(process.env.REDIS_URL!, () => {})
  t.teardown(() => { redis.disconnect() })
  const names = keyNames(ownPrefix())
  let time = 0
  const replica = () => createSealing({ redis, names, secrets: secretsOf(KEY.id, KEY.key, Buffer.alloc(64, 1)), randomId: () => randomBytes(16).toString('base64url'), now: () => time })
  const account = async (uid: string, fields: Record<string, string>) => { await redis.hset(`${names.user(uid)}:user`, { id: uid, ...fields }) }
  return { redis, names, replica, account, pass: (ms: number) => { time += ms } }
}

t.test('a user without a salt gets one, the same on all replicas', async t => {
  const { redis, names, replica, account } = await prepared(t)
  await account('ada', { username: 'ada' })
  const seals = await Promise.all(Array.from({ length: 8 }, () => replica().forUser('ada')))
  const sealed = seals[0]!.seal('email', TEXT)
  t.ok(seals.every(seal => seal.open('email', sealed) === TEXT))
  const salt = await redis.hget(`${names.user('ada')}:user`, 'salt')
  t.equal(replica().withSalt('ada', salt!).open('email', sealed), TEXT)
})

t.test('a salt is remembered for a minute, and forgotten with its user', async t => {
  const { redis, names, replica, account, pass } = await prepared(t)
  await account('ada', { salt: 'first' })
  const sealing = replica()
  const first = await sealing.forUser('ada')
  await redis.hset(`${names.user('ada')}:user`, 'salt', 'second')
  t.equal(await sealing.forUser('ada'), first)
  t.equal(sealing.withSalt('ada', 'first'), first)
  t.not(sealing.withSalt('ada', 'second'), first)
  pass(60_000)
  const second = await sealing.forUser('ada')
  t.not(second, first)
  sealing.forget('ada')
  t.not(await sealing.forUser('ada'), second)
})

t.test('an account that is gone is not made again, and what is sealed for it nobody opens', async t => {
  const { redis, names, replica, account } = await prepared(t)
  await account('ada', { salt: 'salt' })
  const sealing = replica()
  const sealed = (await sealing.forUser('ada')).seal('email', TEXT)
  await redis.del(`${names.user('ada')}:user`)
  await account('ada', { deleted: '1' })
  sealing.forget('ada')
  t.equal((await sealing.forUser('ada')).open('email', sealed), null)
  const late = (await sealing.forUser('ada')).seal('email', TEXT)
  t.equal((await sealing.forUser('ada')).open('email', late), null)
  t.equal(await redis.hexists(`${names.user('ada')}:user`, 'salt'), 0)
  await sealing.forUser('nobody')
  t.equal(await redis.exists(`${names.user('nobody')}:user`), 0)
})

t.test('what is nobody’s opens on every replica, and not as a user’s', async t => {
  const { replica, account } = await prepared(t)
  await account('ada', { salt: 'salt' })
  const sealed = replica().anonymous.seal('device', TEXT)
  t.equal(replica().anonymous.open('device', sealed), TEXT)
  t.equal((await replica().forUser('ada')).open('device', sealed), null)
})

t.test('an address has one hash however it is written, and another key gives another one', async t => {
  const { replica } = await prepared(t)
  const hash = replica().emailHash('ada@example.org')
  t.equal(replica().emailHash(' Ada@Example.ORG\n'), hash)
  t.not(replica().emailHash('ada@example.com'), hash)
  t.match(hash, /^[A-Za-z0-9_-]{43}$/)
})
