import { createHash } from 'node:crypto'
import t from 'tap'
import { contentDigest, wantedDigest } from '#lib/http/digest.js'

const digest = createHash('sha256').update('picture').digest('base64')
const other = createHash('sha256').update('other').digest('base64')
const long = createHash('sha512').update('picture').digest('base64')

t.test('the SHA-256 that a request states', async t => {
  const cases: Array<[string | undefined, string | undefined]> = [
    [undefined, undefined], ['', undefined],
    [`sha-256=:${digest}:`, digest],
    [`  sha-256=:${digest}:  `, digest],
    [`sha-256=:${digest.slice(0, -1)}:`, digest],
    [`sha-512=:${long}:`, undefined],
    [`sha-512=:${long}:, sha-256=:${digest}:`, digest],
    [`sha-256=:${digest}:\t,\tsha-512=:${long}:`, digest],
    [`sha-256=:${digest}:,unixsum=:AAA=:`, digest],
    [`sha-256=:${other}:, sha-256=:${digest}:`, digest],
    ['x-new.algorithm_2*=::', undefined],
    [`sha-256=:${digest}:;a;b=1;c="x\\"y"; d=token;e=:AAA=:;f=?1;g=-1.5`, digest]
  ]
  for (const [header, expected] of cases) t.equal(wantedDigest(header), expected, header ?? 'none')
  t.equal(wantedDigest(contentDigest(digest)), digest)
})

t.test('what is malformed, or no SHA-256', async t => {
  const malformed = ['sha-256', 'sha-256=', `sha-256=${digest}`, `sha-256=:${digest}`, `sha-256="${digest}"`, `SHA-256=:${digest}:`, `sha-256=:${digest}:,`, `,sha-256=:${digest}:`,
    `sha-256=:${digest}: sha-512=:${long}:`, `sha-256 = :${digest}:`, 'sha-256=:?:', 'sha-256=1', `sha-256=:${digest}:;`, `sha-256=:${digest}:;A`, `sha-256=:${digest}:, x`, '=::', 'é=::']
  for (const header of malformed) t.throws(() => wantedDigest(header), { code: 'invalid_request', extras: { errors: [{ path: '/headers/content-digest', message: 'must be a list of digests such as sha-256=:...:' }] } }, header)
  for (const value of ['', 'AAAA', long, `${digest}=`, `A${digest}`, digest.slice(0, -2), `=${digest.slice(1)}`]) {
    t.throws(() => wantedDigest(`sha-256=:${value}:`), { code: 'invalid_request', extras: { errors: [{ path: '/headers/content-digest', message: 'sha-256 must be 32 bytes in base64' }] } }, value)
  }
})
