import t, { type Test } from 'tap'
import { startLab, type Lab } from '../support/datasets.js'

const SCAN = '/v1/scans/plant/metadata'
const SET = '/v1/scans/plant/filesets/images/metadata'
const FILE = '/v1/scans/plant/filesets/images/files/leaf/metadata'
const places = { 'a scan': SCAN, 'a fileset': SET, 'a file': FILE }

async function withLeaf (t: Test): Promise<Lab> {
  const lab = await startLab(t)
  await lab.createFiles('plant', { 'leaf.txt': 'a leaf' })
  return lab
}

/** Without what the service itself says of a place. */
const said = ({ owner: _owner, sharing: _sharing, visibility: _visibility, created: _created, created_by: _by, last_modified: _modified, ...rest }: Record<string, unknown>) => rest

/** RFC 7396 appendix A, as far as the target and the patch are objects. */
const vectors: Array<[target: object, patch: object, result: object]> = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  [{ a: 'foo' }, {}, { a: 'foo' }],
  [{ a: { b: 1 } }, { a: { b: { c: 2 } } }, { a: { b: { c: 2 } } }],
  [{ a: 1 }, { toString: 1, constructor: { a: null } }, { a: 1, toString: 1, constructor: {} }]
]

for (const [what, url] of Object.entries(places)) {
  t.test(`metadata of ${what} are read, replaced and changed`, async t => {
    const { send } = await withLeaf(t)
    t.strictSame(said((await send('GET', url)).body), {})
    const value = { text: 'ä\u2028\0"\\', 'a\nb': 1, '': 2, list: [1, 'two', null, { three: [[]] }], deep: { deeper: {} }, big: 1e300, small: 0.1, none: null, no: false, date: '2026-01-01T00:00:00Z' }
    const put = await send('PUT', url, value)
    t.equal(put.status, 200)
    t.strictSame(said(put.body), value, 'whatever they are')
    const got = await send('GET', url)
    t.strictSame(got.body, put.body)
    t.match(got.headers.etag, /^"[^"]+"$/)
    t.equal(got.headers.etag, put.headers.etag)
    t.match(got.headers['content-type'], /^application\/json/)
    t.strictSame(said((await send('PUT', url, { other: true })).body), { other: true }, 'what was there is gone')
    const patched = await send('PATCH', url, { more: { a: 1 }, other: null })
    t.equal(patched.status, 200)
    t.strictSame(said(patched.body), { more: { a: 1 } })
    t.not(patched.headers.etag, put.headers.etag)
    const same = await send('PATCH', url, Buffer.from('{"more":{"b":2}}'), { 'content-type': 'application/merge-patch+json' })
    t.strictSame(said(same.body), { more: { a: 1, b: 2 } })
    t.strictSame((await send('GET', url)).body, same.body)
  })

  t.test(`a patch of the metadata of ${what} is a JSON merge patch (RFC 7396)`, async t => {
    const { send } = await withLeaf(t)
    for (const [target, patch, result] of vectors) {
      t.equal((await send('PUT', url, target)).status, 200)
      const { status, body } = await send('PATCH', url, patch)
      t.equal(status, 200)
      // As text: own members called constructor or toString confuse comparisons of objects.
      t.equal(JSON.stringify(said(body)), JSON.stringify(result), `${JSON.stringify(target)} and ${JSON.stringify(patch)}`)
      t.equal(JSON.stringify(said((await send('GET', url)).body)), JSON.stringify(result))
    }
  })

  t.test(`no change of the metadata of ${what} is lost to somebody who has not seen it`, async t => {
    const { send } = await withLeaf(t)
    const { headers: { etag } } = await send('PUT', url, { n: 0 })
    const wrong = ['"other"', `W/${String(etag)}`, String(etag).replaceAll('"', ''), '""', '"a", "b"']
    for (const method of ['PUT', 'PATCH']) {
      for (const seen of wrong) t.match(await send(method, url, { n: 1 }, { 'if-match': seen }), { status: 412, body: { code: 'precondition_failed' } }, `${method} ${seen}`)
    }
    t.strictSame(said((await send('GET', url)).body), { n: 0 })
    t.equal((await send('PATCH', url, { n: 1 }, { 'if-match': `"other", ${String(etag)}` })).status, 200, 'one of several is enough')
    t.equal((await send('PATCH', url, { n: 2 }, { 'if-match': '*' })).status, 200)

    for (const method of ['PATCH', 'PUT']) {
      const seen = String((await send('GET', url)).headers.etag)
      const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => send(method, url, { n: 10 + i, [`by-${i}`]: true }, { 'if-match': seen })))
      t.strictSame(answers.map(({ status }) => status).sort(), [200, ...Array<number>(9).fill(412)], method)
      t.ok(answers.filter(({ status }) => status === 412).every(({ body }) => body.code === 'precondition_failed'))
      const winner = answers.findIndex(({ status }) => status === 200)
      const now = await send('GET', url)
      t.equal(now.body.n, 10 + winner, 'the one that was told so has won')
      t.equal(now.headers.etag, answers[winner]?.headers.etag)
      t.strictSame(Object.keys(now.body).filter(key => key.startsWith('by-')), [`by-${winner}`])
      t.equal((await send('PUT', url, {})).status, 200)
    }
  })

  t.test(`patches of the metadata of ${what} that race without If-Match are all there`, async t => {
    const { send } = await withLeaf(t)
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => send('PATCH', url, { [`by-${i}`]: i })))
    t.ok(answers.every(({ status }) => status === 200))
    t.strictSame(said((await send('GET', url)).body), Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`by-${i}`, i])))
  })
}

t.test('members that only the service changes are never changed by a call for metadata', async t => {
  const { send, clock } = await withLeaf(t)
  t.equal((await send('POST', '/v1/groups', { name: 'lab' })).status, 201)
  t.equal((await send('PUT', '/v1/scans/plant/sharing', { groups: ['lab'], visibility: 'private' })).status, 200)
  const forged = { owner: 'eve', sharing: ['eve'], visibility: 'public', created: '1999-01-01', created_by: 'Eve', last_modified: '1999-01-01' }
  const erased = Object.fromEntries(Object.keys(forged).map(key => [key, null]))
  for (const [url, members] of [[SCAN, Object.keys(forged)], [SET, ['created', 'created_by', 'last_modified']]] as const) {
    const before = (await send('GET', url)).body
    for (const member of members) t.ok(member in before, `${url} has ${member}`)
    for (const [method, body] of [['PUT', forged], ['PATCH', forged], ['PATCH', erased], ['PUT', erased], ['PUT', {}]] as const) {
      clock.advance(5)
      const { status, body: after } = await send(method, url, { ...body, mine: method })
      t.equal(status, 200)
      t.equal(after.mine, method)
      for (const member of members.filter(member => member !== 'last_modified')) t.strictSame(after[member], before[member], `${method} ${url} keeps ${member}`)
      t.match(after.last_modified, /^20\d\d-/, 'the time of a change is the service\'s')
      t.ok(Date.parse(after.last_modified) > Date.parse(before.last_modified))
    }
  }
  t.match((await send('GET', '/v1/scans/plant')).body, { owner: 'admin', groups: ['lab'], visibility: 'private' })
})
