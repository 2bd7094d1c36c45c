import { readFileSync } from 'node:fs'
import { generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import t from 'tap'
import { importProofKey } from '#lib/dpop/proof-key.js'
import { BadToken } from '#lib/tokens/encoding.js'
import { peekHeader, verifyJws, type JwsAlgorithm } from '#lib/tokens/jws.js'

type Verdict = 'valid' | 'invalid'
interface Jwk extends JsonWebKey { kty: string, alg?: string, k?: string }
interface Vector { tcId: number, comment: string, jws: string, result: Verdict }
interface KeyGroup { private: { keys: Jwk[] }, public?: { keys: Jwk[] }, tests: Vector[] }
interface SignatureGroup { public?: Jwk, tests: Vector[] }

const read = <T>(name: string): T => JSON.parse(readFileSync(new URL(`../../vectors/wycheproof_json_web_${name}_test.json`, import.meta.url), 'utf8')) as T
const vectors = read<{ numberOfTests: number, testGroups: KeyGroup[] }>('key')

const attempt = (run: () => unknown): Verdict => {
  try {
    run()
    return 'valid'
  } catch (error) {
    if (!(error instanceof BadToken)) throw error
    return 'invalid'
  }
}
/** Verifies with the algorithm that the header names, as far as the key may sign with it. */
const byKey = (jwk: Jwk, jws: string): Verdict => attempt(() => {
  const { key, algorithms } = importProofKey(jwk)
  verifyJws(jws, key, algorithms.find(name => name === peekHeader(jws).alg)!)
})

/** Detecting what a faulty chip made is no task of a service; sets of keys are not taken from anybody. */
const outOfScope: Record<number, string> = { 1: 'a set of keys', 2: 'a set of keys', 3: 'a set of keys', 4: 'a set of keys', 7: 'ROCA' }

t.test('every vector of keys is run with the stated result, or left out for a reason', async t => {
  const counts = { public: 0, secret: 0, out: 0 }
  for (const group of vectors.testGroups) {
    const [jwk, ...more] = (group.public ?? group.private).keys as [Jwk, ...Jwk[]]
    for (const { tcId, comment, jws, result } of group.tests) {
      const name = `${tcId} ${comment}`
      t.equal(more.length > 0, outOfScope[tcId] === 'a set of keys', name)
      if (tcId in outOfScope) {
        counts.out++
      } else if (group.public) {
        counts.public++
        t.equal(byKey(jwk, jws), result, name)
      } else {
        counts.secret++
        t.throws(() => importProofKey(jwk), BadToken, `${name}: a secret is no public key`)
        if (jwk.alg!.startsWith('HS')) t.equal(attempt(() => verifyJws(jws, Buffer.from(jwk.k!, 'base64url'), jwk.alg as JwsAlgorithm)), result, name)
      }
    }
  }
  t.strictSame(counts, { public: 10, secret: 11, out: 5 })
  t.equal(counts.public + counts.secret + counts.out, vectors.numberOfTests)
})

t.test('the keys of the signature vectors that are for something else are refused', async t => {
  const groups = read<{ testGroups: SignatureGroup[] }>('signature').testGroups.filter(({ public: jwk }) => jwk && jwk.alg === undefined)
  t.strictSame(groups.flatMap(({ tests }) => tests.map(({ tcId }) => tcId)), [353, 354, 355, 356])
  for (const { public: jwk, tests: [vector] } of groups) {
    t.equal(byKey(jwk!, vector!.jws), vector!.result)
    const { use, key_ops: operations, ...rest } = jwk!
    t.equal(byKey({ ...rest, use: 'sig', key_ops: ['verify'] }, vector!.jws), 'valid', 'the purpose is all that is wrong with it')
  }
})

const ec = { kty: 'EC', crv: 'P-256', x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs', y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA' }
const ed = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }
const rsa = {
  kty: 'RSA',
  n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
  e: 'AQAB'
}

t.test('thumbprints are those of the RFCs, whatever else is in a key', async t => {
  t.equal(importProofKey({ ...rsa, alg: 'RS256', kid: '2011-04-29' }).thumbprint, 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs', 'RFC 7638 section 3.1')
  t.equal(importProofKey(ed).thumbprint, 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k', 'RFC 8037 appendix A.3')
  t.equal(importProofKey({ y: ec.y, x: ec.x, crv: ec.crv, kty: ec.kty }).thumbprint, '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I', 'RFC 9449 section 6.1')
})

t.test('a key signs with what its kind is for', async t => {
  t.strictSame([ec, rsa, ed].map(jwk => importProofKey(jwk).algorithms), [['ES256'], ['RS256'], ['EdDSA', 'Ed25519']])
})

const b64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64url')
const modulusOf = (bits: number): string => generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' }).n!

t.test('what is not exactly a public key that is taken is refused', async t => {
  const secret = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
  const refused: Record<string, unknown> = {
    nothing: undefined,
    null: null,
    text: 'key',
    list: [ec],
    empty: {},
    'no kind': { ...ec, kty: undefined },
    symmetric: { kty: 'oct', k: 'AAAA' },
    private: secret,
    'a curve of another kind': { ...ec, crv: 'P-384' },
    'a curve for another use': { ...ed, crv: 'X25519' },
    'a point off the curve': { ...ec, y: ec.x },
    'the point at infinity': { ...ec, x: b64('00'.repeat(32)), y: b64('00'.repeat(32)) },
    'a coordinate beyond the field': { ...ec, x: b64('ff'.repeat(32)) },
    'a short coordinate': { ...ec, x: ec.x.slice(0, -2) },
    'a long coordinate': { ...ec, x: b64(`00${Buffer.from(ec.x, 'base64url').toString('hex')}`) },
    'no coordinate': { ...ec, y: undefined },
    'a coordinate that is no text': { ...ec, y: 7 },
    'stray bits': { ...ec, x: `${ec.x.slice(0, -1)}t` },
    padding: { ...ec, x: `${ec.x}=` },
    'the alphabet of base64': { ...ec, x: ec.x.replaceAll('-', '+') },
    'a short Ed25519 key': { ...ed, x: b64('11'.repeat(31)) },
    'a short modulus': { ...rsa, n: modulusOf(2040) },
    'a long modulus': { ...rsa, n: b64('ff'.repeat(513)) },
    'a modulus with a zero in front': { ...rsa, n: b64(`00${Buffer.from(rsa.n, 'base64url').toString('hex')}`) },
    'an exponent of 1': { ...rsa, e: 'AQ' },
    'an exponent of 3': { ...rsa, e: 'Aw' },
    'an even exponent': { ...rsa, e: b64('010002') },
    'an exponent with a zero in front': { ...rsa, e: b64('00010001') },
    'no exponent': { ...rsa, e: '' },
    'a long exponent': { ...rsa, e: b64('0100000001') },
    'for encryption': { ...ec, use: 'enc' },
    'for no operation': { ...ec, key_ops: [] },
    'for other operations': { ...ec, key_ops: ['sign'] },
    'operations that are no list': { ...ec, key_ops: 'verify' },
    'for another algorithm': { ...ec, alg: 'ES384' },
    'for an algorithm of another kind': { ...rsa, alg: 'ES256' },
    'for an HMAC': { ...rsa, alg: 'HS256' }
  }
  for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) {
    for (const jwk of [ec, ed, rsa]) refused[`${jwk.kty} with ${name}`] = { ...jwk, [name]: 'AAAA' }
  }
  for (const [name, jwk] of Object.entries(refused)) t.throws(() => importProofKey(jwk), BadToken, name)
})

t.test('what a key says beside itself does no harm', async t => {
  for (const more of [{ use: 'sig' }, { key_ops: ['verify'] }, { ext: true, key_ops: ['sign', 'verify'] }, { kid: 'mine', x5u: 'https://example.org' }]) {
    for (const jwk of [ec, ed, rsa]) t.ok(importProofKey({ ...jwk, ...more }))
  }
  t.ok(importProofKey({ ...ed, alg: 'Ed25519' }))
  t.ok(importProofKey({ ...rsa, e: b64('ffffffff') }), 'the largest exponent')
})
