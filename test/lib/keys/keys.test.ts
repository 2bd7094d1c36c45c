import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { BootError } from '#lib/boot-error.js'
import { deriveKey, deriveMaster } from '#lib/keys/derive.js'
import { loadSecret, readSecretText, type Secret } from '#lib/keys/secret.js'
import { openKeys } from '#lib/keys/service.js'
import { createKeyStore } from '#lib/keys/store.js'
import { keyNames } from '#lib/redis/names.js'
import { openRedis } from '#lib/redis/open.js'
import { ownPrefix } from '../../support/app.js'

const bytes = (n = 64): Secret => ({ kind: 'bytes', bytes: randomBytes(n) })
const PASSPHRASE: Secret = { kind: 'passphrase', text: 'a passphrase of a lab' }

async function keyStore (t: Test) {
  const { redis } = await openRedis(process.env.REDIS_URL!, () => {})
  t.teardown(() => { redis.disconnect() })
  const prefix = ownPrefix()
  const names = keyNames(prefix)
  const store = createKeyStore({ redis, names, stamp: async () => '0', byItself: async () => '0' })
  const times = { period: 0, overlap: 1000, access: 1000, longest: 1000, reread: 100 }
  return { redis, facts: `${names.keys}:facts`, open: (secret: Secret, issuer?: string) => openKeys({ secret, previous: undefined, store, issuer, defaultIssuer: 'http://localhost:8080', alg: 'HS512', times, now: Date.now }) }
}

t.test('key bytes are taken as they are, 64 at least, in either alphabet', async t => {
  const raw = randomBytes(64)
  t.same(readSecretText(`base64:${raw.toString('base64')}`, 'X'), { kind: 'bytes', bytes: raw })
  t.same(readSecretText(`base64:${raw.toString('base64url')}`, 'X'), { kind: 'bytes', bytes: raw })
  t.throws(() => readSecretText(`base64:${randomBytes(63).toString('base64')}`, 'X'), /X has 63 bytes: at least 64/)
  t.throws(() => readSecretText('base64:no*base64', 'X'), /not valid base64/)
  t.throws(() => readSecretText('15 characters..', 'X'), /at least 16 characters/)
  t.same(readSecretText('16 characters...', 'X'), { kind: 'passphrase', text: '16 characters...' })
})

t.test('a passphrase gives the same master under the same salt, and only then', async t => {
  const salt = randomBytes(16)
  const master = await deriveMaster(PASSPHRASE, salt)
  t.equal(master.length, 64)
  t.same(await deriveMaster(PASSPHRASE, salt), master)
  t.notSame(await deriveMaster(PASSPHRASE, randomBytes(16)), master)
})

t.test('each purpose has a key of its own', async t => {
  const master = randomBytes(64)
  const keys = (['check', 'lookup', 'sealing', 'email', 'sign:a', 'sign:b'] as const).map(purpose => deriveKey(master, purpose).toString('hex'))
  t.equal(new Set([...keys, master.toString('hex')]).size, 7)
  t.ok(keys.every(key => key.length === 128))
})

t.test('the secret file is made once, by one of those who race for it, and read by all', async t => {
  const stateDir = await mkdtemp(join(tmpdir(), 'guardcell-keys-'))
  t.teardown(() => rm(stateDir, { recursive: true }))
  const nested = join(stateDir, 'not', 'there', 'yet')
  const secrets = await Promise.all(Array.from({ length: 8 }, () => loadSecret({ stateDir: nested, given: undefined })))
  t.equal(new Set(secrets.map(s => JSON.stringify(s))).size, 1)
  const file = join(nested, 'secret')
  t.match(await readFile(file, 'utf8'), /^base64:/)
  t.equal((await stat(file)).mode & 0o777, 0o600)
  t.same(await loadSecret({ stateDir: nested, given: (await readFile(file, 'utf8')).trim() }), secrets[0], 'what it holds can be given as JWT_SECRET_KEY')
  await writeFile(file, 'damaged', { mode: 0o644 })
  await t.rejects(loadSecret({ stateDir: nested, given: undefined }), BootError)
  t.equal((await stat(file)).mode & 0o777, 0o600, 'and others may not read it')
  await t.rejects(loadSecret({ stateDir: join(file, 'below'), given: undefined }), /cannot be read or written/)
})

t.test('replicas that start at once agree on salt, key and issuer', async t => {
  const { open } = await keyStore(t)
  const replicas = await Promise.all(['http://a', 'http://b', undefined].map(issuer => open(PASSPHRASE, issuer)))
  t.equal(new Set(replicas.map(keys => keys.current.kid)).size, 1)
  t.equal(new Set(replicas.map(keys => keys.current.secret.toString('hex'))).size, 1)
  const later = await open(PASSPHRASE)
  t.equal(later.current.kid, replicas[0]!.current.kid)
  t.equal(later.issuer, replicas[2]!.issuer, 'the issuer of the first start stays')
})

t.test('another secret is refused, and changes nothing', async t => {
  const { open } = await keyStore(t)
  const secret = bytes()
  const { current } = await open(secret)
  await t.rejects(open(bytes()), BootError)
  await t.rejects(open(PASSPHRASE), /is not the one that this Redis was set up with/)
  t.equal((await open(secret)).current.kid, current.kid)
})

t.test('a ring without a signing key is refused', async t => {
  const { open, redis, facts } = await keyStore(t)
  const secret = bytes()
  await open(secret)
  await redis.hset(facts, 'ring', '[]')
  await t.rejects(open(secret), /names no signing key/)
})

t.test('no key material is kept in Redis', async t => {
  const { open, redis, facts } = await keyStore(t)
  const secret = bytes()
  const { current, secrets } = await open(secret)
  const [{ lookup, sealing, email }] = secrets()
  const kept = JSON.stringify(await redis.hgetall(facts))
  for (const key of [(secret as { bytes: Buffer }).bytes, current.secret, lookup, sealing!, email]) {
    for (const form of ['hex', 'base64', 'base64url'] as const) t.notOk(kept.includes(key.toString(form).slice(0, 20)))
  }
})
