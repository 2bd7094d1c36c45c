import fc from 'fast-check'
import { generateKeyPairSync, sign } from 'node:crypto'
import t from 'tap'
import { createProofs, type Proven } from '#lib/dpop/proof.js'
import { Problem } from '#lib/errors.js'

const NOW = 1_800_000_000
const URL = 'https://lab.example/v1/users/me'
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = publicKey.export({ format: 'jwk' })
const used = new Set<string>()
const isNew = async (name: string): Promise<boolean> => !used.has(name) && Boolean(used.add(name))
const prove = createProofs({ isTarget: htu => htu === URL, isNew, now: () => NOW * 1000 })

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const signed = (header: unknown, claims: unknown): string => {
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}
const head = { typ: 'dpop+jwt', alg: 'ES256', jwk }
const body = { jti: 'one', htm: 'GET', htu: URL, iat: NOW }
const call = (proof: Proven['proof'], accessToken?: string): Proven => ({ proof, method: 'GET', url: '/v1/users/me', host: 'lab.example', accessToken })

/** Why a proof is refused, or undefined. */
const refusal = (proof: Proven['proof'], accessToken?: string): string | undefined => {
  try {
    prove(call(proof, accessToken))
    return undefined
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'invalid_dpop_proof') throw error
    return error.extras.errors![0]!.message
  }
}

t.test('a proof is good for a minute back and a quarter of one ahead, to the second', async t => {
  for (const [iat, isGood] of [[NOW, true], [NOW - 60, true], [NOW - 60.5, false], [NOW - 61, false], [NOW + 15, true], [NOW + 16, false], [NOW - 0.5, true], [null, false], [NaN, false], [-1, false]] as const) {
    t.equal(refusal(signed(head, { ...body, iat })) === undefined, isGood, String(iat))
  }
})

t.test('a refusal says what is wrong', async t => {
  t.match(refusal(['a', 'b']), /more than once/)
  t.match(refusal(`${signed(head, body)},`), /more than once/)
  t.match(refusal(signed(head, { ...body, htm: 'POST' })), /another method/)
  t.match(refusal(signed(head, { ...body, htu: 'https://elsewhere.example/' })), /another URL.*PUBLIC_URL/)
  t.match(refusal(signed(head, { ...body, iat: NOW - 99 })), /60 seconds/)
  t.match(refusal(signed(head, body), 'token'), /another access token/)
  t.match(refusal(signed({ ...head, typ: 'jwt' }, body)), /dpop\+jwt/)
  t.match(refusal('x'), /no JWS/)
})

t.test('a proof is taken once, by the one call as often as it asks', async t => {
  const proof = signed(head, { ...body, jti: 'taken' })
  const first = prove(call(proof))
  await Promise.all([first.spend(), first.spend()])
  await first.spend()
  await t.rejects(prove(call(proof)).spend(), { code: 'invalid_dpop_proof' })
  await t.rejects(prove(call(signed(head, { ...body, jti: 'taken', more: 1 }))).spend(), { code: 'invalid_dpop_proof' }, 'signed anew under the same name')
  await prove(call(signed(head, { ...body, jti: 'another' }))).spend()
})

t.test('whatever is sent is a proof or is refused', async t => {
  const member = fc.oneof(fc.jsonValue(), fc.constantFrom('ES256', 'EC', 'RSA', 'OKP', 'oct', 'none', 'P-256', '', '__proto__', 'constructor', jwk.x, jwk.y, URL, NOW))
  const changed = <T extends object>(good: T) => fc.tuple(fc.constantFrom(...Object.keys(good)), member).map(([name, value]) => ({ ...good, [name]: value }))
  const keys = fc.oneof(changed(jwk), changed({ kty: 'RSA', n: 'AQAB', e: 'AQAB' }), changed({ kty: 'OKP', crv: 'Ed25519', x: jwk.x! }), fc.jsonValue())
  const proofs = fc.oneof(
    fc.string(), fc.string({ unit: 'binary' }), fc.tuple(fc.jsonValue(), fc.jsonValue()).map(([header, claims]) => signed(header, claims)),
    changed(head).map(header => signed(header, body)), changed(body).map(claims => signed(head, claims)), keys.map(key => signed({ ...head, jwk: key }, body)),
    fc.nat({ max: 500 }).map(at => { const text = signed(head, body); return `${text.slice(0, at)}${text.slice(at + 1)}` })
  )
  fc.assert(fc.property(proofs, proof => { refusal(proof) }), { numRuns: 2_000 })
  t.pass('nothing else was thrown')
})
