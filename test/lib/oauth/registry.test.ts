import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { BootError } from '#lib/boot-error.js'
import { runCommand } from '#lib/cli.js'
import { loadConfig } from '#lib/config/load.js'
import { clientSecretHash, isClientSecret, newClientSecret } from '#lib/oauth/client-secret.js'
import { parseClients } from '#lib/oauth/registry.js'

const hash = clientSecretHash(newClientSecret())
const entry = { client_id: 'portal', client_secret_hash: hash, grant_types: ['password'], scope: 'profile' }

const pair = generateKeyPairSync('ed25519')
const [publicKey, privateKey] = [pair.publicKey, pair.privateKey].map(key => key.export({ format: 'jwk' }))

const faultOf = (clients: unknown, EXTRA_SCOPES = ''): string => {
  try {
    loadConfig({ OAUTH_CLIENTS: typeof clients === 'string' ? clients : JSON.stringify(clients), EXTRA_SCOPES })
    return ''
  } catch (error) {
    if (!(error instanceof BootError)) throw error
    return error.faults.join('\n')
  }
}

t.test('clients are read as they are written', async t => {
  const registry = parseClients(JSON.stringify([entry, { client_id: 'robot', client_secret_hash: hash, grant_types: ['client_credentials'], scope: 'robot:move', account: 'Robot', name: 'The arm' }, { client_id: 'app', grant_types: ['password', 'refresh_token'], scope: 'profile' }]), ['robot:move'])
  t.strictSame([...registry].map(([id, { client }]) => [id, client.kind]), [['guardcell', 'public'], ['portal', 'confidential'], ['robot', 'confidential'], ['app', 'public']])
  t.match(registry.get('robot')?.client, { account: 'robot', grants: new Set(['client_credentials']), scope: new Set(['robot:move']) })
  t.strictSame([...parseClients('', []).keys()], ['guardcell'])
})

t.test('clients that are written wrong stop the boot, each fault by its place and none by its value', async t => {
  t.equal(faultOf([entry]), '')
  t.equal(faultOf([{ ...entry, scope: 'robot:move' }], 'robot:move=admin'), '')
  const wrong: Record<string, [clients: unknown, says: RegExp]> = {
    'no JSON': ['[{', /it is no JSON/],
    'no array': [{ ...entry }, /it must be array/],
    'no id': [[{ ...entry, client_id: undefined }], /\/0\/client_id/],
    'an id with signs that need care': [[{ ...entry, client_id: 'a:b' }], /\/0\/client_id/],
    'our own id': [[{ ...entry, client_id: 'guardcell' }], /our own client/],
    'an id twice': [[entry, entry], /twice/],
    'a secret itself': [[{ ...entry, client_secret: 'hunter2' }], /\/0\/client_secret is no member of a client/],
    redirects: [[{ ...entry, redirect_uris: [] }], /\/0\/redirect_uris is no member/],
    'another hash': [[{ ...entry, client_secret_hash: '$argon2id$v=19$hunter2' }], /\/0\/client_secret_hash/],
    'no grant': [[{ ...entry, grant_types: [] }], /\/0\/grant_types/],
    'an unknown grant': [[{ ...entry, grant_types: ['authorization_code'] }], /\/0 has a grant type that there is not/],
    'no scope': [[{ ...entry, scope: '' }], /\/0\/scope/],
    'an unknown scope': [[entry, { ...entry, client_id: 'b', scope: 'robot:move' }], /\/1 has a scope that there is not/],
    'client_credentials without a secret': [[{ ...entry, client_secret_hash: undefined, grant_types: ['client_credentials'], account: 'robot' }], /needs a client_secret_hash/],
    'client_credentials without an account': [[{ ...entry, grant_types: ['client_credentials'] }], /has an account if/],
    'a secret and a key': [[{ ...entry, jwks: { keys: [publicKey] } }], /has both a client_secret_hash and jwks/],
    'a private key': [[{ ...entry, client_secret_hash: undefined, jwks: { keys: [privateKey] } }], /has a key that is no public/],
    'a key of another kind': [[{ ...entry, client_secret_hash: undefined, jwks: { keys: [{ kty: 'oct', k: 'hunter2' }] } }], /has a key that is no public/],
    'no key': [[{ ...entry, client_secret_hash: undefined, jwks: { keys: [] } }], /\/0\/jwks\/keys/],
    'an account for nothing': [[{ ...entry, account: 'robot' }], /has an account if/]
  }
  for (const [name, [clients, says]] of Object.entries(wrong)) {
    const fault = faultOf(clients)
    t.match(fault, /^OAUTH_CLIENTS must be /, name)
    t.match(fault, says, name)
    t.notMatch(fault, 'hunter2', name)
  }
})

t.test('a client may have two secrets, so that one can follow the other', async t => {
  const [old, next] = [newClientSecret(), newClientSecret()]
  const both = { ...entry, client_secret_hash: [old, next].map(clientSecretHash) }
  const { secretHashes = [] } = parseClients(JSON.stringify([both]), []).get('portal') ?? {}
  t.strictSame([old, next, newClientSecret()].map(secret => isClientSecret(secret, secretHashes)), [true, true, false])
  for (const hashes of [[], [hash, hash, hash], [hash, 'x']]) t.match(faultOf([{ ...entry, client_secret_hash: hashes }]), /\/0\/client_secret_hash/, `${hashes.length}`)
})

t.test('a secret is one that we made, and is right for its own hash only', async t => {
  const secret = newClientSecret()
  t.equal(isClientSecret(secret, [clientSecretHash(secret)]), true)
  for (const other of ['', newClientSecret(), `${secret}x`, secret.toUpperCase()]) t.equal(isClientSecret(other, [clientSecretHash(secret)]), false, other)
  t.equal(isClientSecret('hunter2', [clientSecretHash('hunter2')]), false, 'a weak one is not, whatever its hash')
  t.equal(isClientSecret('', [clientSecretHash('')]), false)
  t.equal(isClientSecret(secret, []), false)
})

t.test('the command line makes a secret of 256 bits and its hash, without a Redis', async t => {
  const { code, text } = await runCommand(['client-secret'], { REDIS_URL: 'redis://127.0.0.1:1' })
  t.equal(code, 0)
  const [, secret = '', kept = ''] = /^client_secret +(gcs_[A-Za-z0-9_-]{43})\nclient_secret_hash +(\S+)\n$/.exec(text) ?? []
  t.equal(isClientSecret(secret, [kept]), true)
  t.equal(faultOf([{ ...entry, client_secret_hash: kept }]), '')
  t.not((await runCommand(['client-secret'], {})).text, text)
  t.match(await runCommand(['client-secret', 'of-my-own'], {}), { code: 2, text: /Usage/ })
})
