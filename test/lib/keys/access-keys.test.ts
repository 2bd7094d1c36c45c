import { createPrivateKey, type KeyObject, randomBytes, sign, verify } from 'node:crypto'
import t from 'tap'
import { accessKeys } from '#lib/keys/access-keys.js'
import { openMaster } from '#lib/keys/master.js'
import { deriveRsaKey } from '#lib/keys/rsa.js'

const fixed = await openMaster({ kind: 'bytes', bytes: Buffer.alloc(64, 7) }, Buffer.alloc(16))
const publicOf = async (alg: 'EdDSA' | 'ES256' | 'RS256', kid: string) => (await accessKeys[alg](kid, fixed)).verify as KeyObject

// Another version that derived other keys from the same secret would log everybody out.
t.test('the keys of a secret stay what they are', async t => {
  t.strictSame((await publicOf('EdDSA', 'first')).export({ format: 'jwk' }), { crv: 'Ed25519', x: '2kUSTrjhGQBA-IG2hRfFyGzbYCmEw8qVIvRgVG3YUsY', kty: 'OKP' })
  t.strictSame((await publicOf('ES256', 'first')).export({ format: 'jwk' }), { kty: 'EC', x: 'SjtPUTZhVKouToFi1IX86_UIC2Gth0dP2eBOzxUROto', y: 'qbmMsBF7Iu3vHmR-oUQbW1RHMqHGQJ05YawzSO_69dk', crv: 'P-256' })
  t.match((await publicOf('RS256', 'first')).export({ format: 'jwk' }), { kty: 'RSA', n: /^xy5yXb3tcHicZ_XHkHefezLwSLFIrgS603TUs3TzqDNeBHDiTtw3TzliJuFS.*_TQpQ$/, e: 'AQAB' })
})

t.test('each kid has a pair of its own, and what it signs it verifies', async t => {
  for (const alg of ['EdDSA', 'ES256', 'RS256'] as const) {
    const [one, other] = [await accessKeys[alg]('one', fixed), await accessKeys[alg]('other', fixed)]
    const signature = sign(alg === 'EdDSA' ? null : 'sha256', Buffer.from('text'), createPrivateKey(one.sign))
    const verifies = (key: unknown): boolean => verify(alg === 'EdDSA' ? null : 'sha256', Buffer.from('text'), key as KeyObject, signature)
    t.strictSame([verifies(one.verify), verifies(other.verify)], [true, false], alg)
  }
})

t.test('an RSA key is what RFC 8017 and FIPS 186-5 ask of one', async t => {
  const number = (text: string | undefined): bigint => BigInt(`0x${Buffer.from(text!, 'base64url').toString('hex')}`)
  for (let n = 0; n < 3; n++) {
    const seed = randomBytes(64)
    const key = await deriveRsaKey(seed)
    t.equal(key.asymmetricKeyDetails?.modulusLength, 2048)
    const jwk = key.export({ format: 'jwk' }) as Record<string, string>
    const [p, q, d] = [number(jwk.p), number(jwk.q), number(jwk.d)]
    t.equal(p * q, number(jwk.n))
    t.equal(d * 65_537n % ((p - 1n) * (q - 1n)), 1n)
    t.equal(number(jwk.qi) * q % p, 1n)
    t.equal((p > q ? p - q : q - p) > 1n << 924n, true, 'far apart')
    t.strictSame([p.toString(2).length, q.toString(2).length], [1024, 1024])
    t.strictSame((await deriveRsaKey(seed)).export({ format: 'jwk' }), jwk, 'the same again from the same seed')
  }
})
