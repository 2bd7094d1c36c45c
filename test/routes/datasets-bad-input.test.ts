import t, { type Test } from 'tap'
import { craft, scan as scanArchive } from '../lib/datasets/archive/craft.js'
import { contentDigest, everythingOfUsers, filePart, multipart, startLab, unfinished, type Lab } from '../support/datasets.js'

const FILES = '/v1/scans/plant/filesets/images/files'

/** A scan, and a way to say that refusals have left it as it was. */
async function withScan (t: Test, env: Record<string, string> = {}): Promise<{ lab: Lab, unchanged: () => Promise<void> }> {
  const lab = await startLab(t, env)
  await lab.createFiles('plant', { 'leaf.txt': 'a leaf' })
  const before = await everythingOfUsers(lab.root)
  const unchanged = async () => {
    t.strictSame(await everythingOfUsers(lab.root), before, 'nothing was made, changed or removed')
    t.strictSame(await unfinished(lab.root), [])
  }
  return { lab, unchanged }
}

t.test('a form that is none is refused, and nothing of it is kept', async t => {
  const { lab: { send }, unchanged } = await withScan(t)
  const { body, headers } = multipart(filePart('bud.txt', 'a bud'), { name: 'metadata', value: '{}' })
  const form = headers['content-type']!
  const wrong: Array<[what: string, body: Buffer, type: string]> = [
    ['no boundary', body, 'multipart/form-data'],
    ['an empty boundary', body, 'multipart/form-data; boundary='],
    ['another boundary', body, 'multipart/form-data; boundary=other'],
    ['cut off in the file', body.subarray(0, body.indexOf('a bud') + 3), form],
    ['cut off before the last boundary', body.subarray(0, body.length - 30), form],
    ['cut off in the head of a part', body.subarray(0, 40), form],
    ['nothing', Buffer.alloc(0), form],
    ['no parts', Buffer.from('--a-boundary-of-the-tests--\r\n'), form],
    ['no form at all', Buffer.from('{"id":"bud"}'), form],
    ['no file', multipart({ name: 'id', value: 'bud' }).body, form],
    ['two files', multipart(filePart('bud.txt', 'a'), filePart('twig.txt', 'b')).body, form],
    ['three files', multipart(filePart('bud.txt', 'a'), filePart('twig.txt', 'b'), filePart('root.txt', 'c')).body, form],
    ['too many fields', multipart(filePart('bud.txt', 'a'), ...Array.from({ length: 40 }, (_, i) => ({ name: `f${i}`, value: 'x' }))).body, form]
  ]
  for (const [what, payload, type] of wrong) {
    for (const [method, url] of [['POST', FILES], ['PUT', `${FILES}/leaf`], ['POST', '/v1/scans/other/archive']] as const) {
      const refused = await send(method, url, payload, { 'content-type': type })
      t.match(refused, { status: 400, body: { code: /^(invalid_request|upload_incomplete)$/ } }, `${what}: ${method} ${url}`)
    }
  }
  await unchanged()
})

t.test('a field that is too large is refused, not cut off', async t => {
  const { lab: { send }, unchanged } = await withScan(t)
  const large = JSON.stringify({ text: 'x'.repeat(2 ** 20) })
  for (const parts of [[filePart('bud.txt', 'a'), { name: 'metadata', value: large }], [{ name: 'metadata', value: large }, filePart('bud.txt', 'a')]]) {
    const { body, headers } = multipart(...parts)
    const refused = await send('POST', FILES, body, headers)
    t.match(refused.status, /^(400|413)$/)
    t.match(refused.body.code, /^(invalid_request|body_too_large)$/)
  }
  await unchanged()
})

t.test('a file without a name is refused', async t => {
  const { lab: { send, upload }, unchanged } = await withScan(t)
  t.match(await upload(FILES, 'a bud'), { status: 400, body: { code: 'invalid_request', errors: [{ path: '/id' }] } })
  t.match(await upload(`${FILES}?ext=txt`, 'a bud'), { status: 400, body: { code: 'invalid_request' } })
  t.match(await send('POST', FILES), { status: 400, body: { code: 'upload_empty' } }, 'nothing at all')
  await unchanged()
})

t.test('metadata that are no object are refused, in a body, a query and a form', async t => {
  const { lab: { send, upload }, unchanged } = await withScan(t)
  for (const url of ['/v1/scans/plant', '/v1/scans/plant/filesets/images', `${FILES}/leaf`]) {
    for (const text of ['[]', '[{"a":1}]', '"text"', 'null', '7', 'true', '', '{', '{"a":}', '{"a":1}}', '{a:1}', "{'a':1}", '{"__proto__":{"a":1}}']) {
      for (const method of ['PUT', 'PATCH']) {
        const refused = await send(method, `${url}/metadata`, Buffer.from(text), { 'content-type': 'application/json' })
        t.match(refused, { status: 400, body: { code: 'invalid_request' } }, `${method} ${text}`)
      }
    }
    t.match(await send('PUT', `${url}/metadata`, Buffer.from('a=1'), { 'content-type': 'application/x-www-form-urlencoded' }), { status: /^(400|415)$/ })
    t.match(await send('PUT', `${url}/metadata`, Buffer.from('{}'), { 'content-type': 'text/plain' }), { status: 415, body: { code: 'unsupported_media_type' } })
  }
  for (const metadata of [[], 'text', null, 7]) {
    t.match(await send('POST', '/v1/scans', { id: 'other', metadata }), { status: 400, body: { code: 'invalid_request' } })
    t.match(await send('POST', '/v1/scans/plant/filesets', { id: 'other', metadata }), { status: 400, body: { code: 'invalid_request' } })
  }
  for (const text of ['[]', '"text"', 'null', '7', '{', 'no JSON', "{'a': 1}"]) {
    t.match(await upload(`${FILES}?id=bud&metadata=${encodeURIComponent(text)}`, 'x'), { status: 400, body: { code: 'invalid_request', errors: [{ path: '/metadata' }] } }, text)
    const { body, headers } = multipart(filePart('bud.txt', 'x'), { name: 'metadata', value: text })
    t.match(await send('POST', FILES, body, headers), { status: 400, body: { code: 'invalid_request', errors: [{ path: '/metadata' }] } }, text)
  }
  await unchanged()
})

t.test('a digest that is wrong or none refuses the upload', async t => {
  const { lab: { upload, send }, unchanged } = await withScan(t)
  const form = multipart(filePart('bud.txt', 'a bud'))
  const attempt = async (digest: string) => [
    await upload(`${FILES}?id=bud`, 'a bud', { 'content-digest': digest }),
    await upload(`${FILES}/leaf`, 'a bud', { 'content-digest': digest }, 'PUT'),
    await send('POST', FILES, form.body, { ...form.headers, 'content-digest': digest }),
    await send('POST', '/v1/scans/other/archive', craft(scanArchive()), { 'content-type': 'application/zip', 'content-digest': digest })
  ]
  for (const answer of await attempt(contentDigest('something else'))) t.match(answer, { status: 422, body: { code: 'digest_mismatch' } })
  for (const digest of ['sha-256', 'sha-256=', 'sha-256=:nonsense', 'sha-256=::', 'sha-256=:!!!!:', `sha-256=${'a'.repeat(44)}`, 'sha-256=:YWJj:', 'nonsense', ',,,']) {
    for (const answer of await attempt(digest)) t.match(answer, { status: 400, body: { code: 'invalid_request' } }, digest)
  }
  await unchanged()
})

t.test('what is there already is not created again', async t => {
  const { lab: { send, upload }, unchanged } = await withScan(t)
  t.match(await send('POST', '/v1/scans', { id: 'plant' }), { status: 409, body: { code: 'scan_exists' } })
  t.match(await send('POST', '/v1/scans/plant/filesets', { id: 'images' }), { status: 409, body: { code: 'fileset_exists' } })
  t.match(await upload(`${FILES}?id=leaf&ext=txt`, 'x'), { status: 409, body: { code: 'file_exists' } })
  t.match(await upload(`${FILES}?id=leaf&ext=jpg`, 'x'), { status: 409, body: { code: 'file_exists' } }, 'the id counts, not the name')
  t.match(await upload(`${FILES}?id=leaf.txt`, 'x'), { status: 409, body: { code: 'file_exists' } }, 'and the name, too')
  const { body, headers } = multipart(filePart('leaf.txt', 'x'))
  t.match(await send('POST', FILES, body, headers), { status: 409, body: { code: 'file_exists' } })
  t.match(await send('POST', '/v1/scans/plant/archive', craft(scanArchive()), { 'content-type': 'application/zip' }), { status: 409, body: { code: 'scan_exists' } })
  await unchanged()
})
