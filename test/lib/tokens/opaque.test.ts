import fc from 'fast-check'
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { BadToken } from '#lib/tokens/encoding.js'
import { openOpaque, sealOpaque } from '#lib/tokens/opaque.js'

const keyOf = (kid: string) => ({ kid, opaque: randomBytes(64) })
const [key, later] = [keyOf('first'), keyOf('second')]
const find = (kid: string) => [key, later].find(one => one.kid === kid)
const audience = ['https://lab.example', 'guardcell']
const open = (token: string, to: readonly string[] = audience) => openOpaque(token, find, to)

const text = fc.string({ unit: 'binary' })
const claims = fc.record({
  sub: text, sid: text, jti: text, gen: fc.maxSafeNat(), iat: fc.maxSafeNat(), exp: fc.maxSafeNat(), auth_time: fc.maxSafeNat(), scope: text, client_id: text, username: text, fresh: fc.constant(true), nbf: fc.maxSafeNat(), cnf: fc.dictionary(text.filter(name => name !== '__proto__'), text, { noNullPrototype: true })
}, { requiredKeys: ['sub', 'sid', 'jti', 'gen', 'iat', 'exp', 'auth_time', 'scope', 'client_id', 'username'] })

t.test('what is sealed comes out again, and the same claims give the same token', async t => {
  fc.assert(fc.property(claims, fc.constantFrom(key, later), (claims, key) => {
    const token = sealOpaque(claims, key, audience)
    t.match(token, /^gca_[\w-]+\.[\w-]+$/)
    t.strictSame(open(token), JSON.parse(JSON.stringify(claims)))
    t.equal(sealOpaque({ ...claims }, key, audience), token)
  }), { numRuns: 200 })
})

t.test('a token with any bit changed, cut off or added is refused', async t => {
  const refused = (token: string) => { t.throws(() => open(token), BadToken, token) }
  fc.assert(fc.property(claims, fc.nat(), fc.nat({ max: 6 }), fc.nat(), fc.string({ minLength: 1 }), (claims, place, bit, length, more) => {
    const token = sealOpaque(claims, key, audience)
    const bytes = Buffer.from(token)
    // The prefix is how such a token is told from others, and none of it is a secret.
    const at = 4 + place % (bytes.length - 4)
    bytes[at]! ^= 1 << bit
    refused(bytes.toString())
    refused(token.slice(0, 4 + length % (token.length - 4)))
    refused(token + more)
  }), { numRuns: 300 })
  const [head = '', body = ''] = sealOpaque({ sub: 'a' }, key, audience).split('.')
  const sealed = Buffer.from(body, 'base64url')
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = Buffer.from(sealed)
    changed[bit >> 3]! ^= 1 << (bit & 7)
    refused(`${head}.${changed.toString('base64url')}`)
  }
})

t.test('what never was a token is refused', async t => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.base64String(), fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes).toString('base64url'))), tail => {
    for (const token of [`gca_${tail}`, `gca_first.${tail}`, `gca_.${tail}`, `gca_${tail}.${tail}`]) t.throws(() => open(token), BadToken)
  }), { numRuns: 300 })
})

t.test('a token holds under its key and for its audience only', async t => {
  const token = sealOpaque({ sub: 'a' }, key, audience)
  t.throws(() => open(token.replace('first', 'second')), BadToken)
  t.throws(() => open(token.replace('first', 'third')), BadToken)
  t.throws(() => open(token, ['https://lab.example', 'other']), BadToken)
  t.throws(() => open(token, ['https://lab.exampleg', 'uardcell']), BadToken)
})

t.test('nothing of the claims can be read', async t => {
  const personal = { sub: 'uid-of-ada', username: 'ada.lovelace', scope: 'datasets:read profile', sid: 'session-id' }
  const token = sealOpaque(personal, key, audience)
  const bytes = Buffer.from(token.slice(token.indexOf('.') + 1), 'base64url').toString('latin1')
  for (const value of Object.values(personal)) t.notOk(bytes.includes(value) || token.includes(value))
  const other = sealOpaque({ ...personal, username: 'bob.lovelace' }, key, audience)
  t.notOk(other.slice(10, 30) === token.slice(10, 30), 'nor is it told which claims are the same')
})
