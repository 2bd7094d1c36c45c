import t, { type Test } from 'tap'
import { contentDigest, startLab, type Lab } from '../support/datasets.js'

const FILES = '/v1/scans/plant/filesets/images/files'
const LEAF = `${FILES}/leaf`
const text = '0123456789'

async function withLeaf (t: Test): Promise<Lab> {
  const lab = await startLab(t)
  await lab.createFiles('plant', { 'leaf.txt': text })
  return lab
}

t.test('a content says what it is', async t => {
  const { bytes, app, admin } = await withLeaf(t)
  const { status, headers, data } = await bytes(LEAF)
  t.equal(status, 200)
  t.equal(data.toString(), text)
  t.match(headers, {
    'content-type': 'text/plain',
    'content-length': '10',
    'content-digest': contentDigest(text),
    'repr-digest': contentDigest(text),
    'accept-ranges': 'bytes',
    etag: /^"[^"]+"$/,
    'cache-control': /private/,
    'content-disposition': /filename="leaf.txt"/,
    'content-security-policy': /sandbox/,
    'x-content-type-options': 'nosniff'
  })
  t.ok(Math.abs(Date.parse(String(headers['last-modified'])) - Date.now()) < 60_000)

  const head = await app.inject({ method: 'HEAD', url: LEAF, headers: { authorization: `Bearer ${admin}` } })
  t.equal(head.statusCode, 200)
  t.equal(head.body, '')
  for (const name of ['content-type', 'content-length', 'repr-digest', 'etag', 'last-modified', 'accept-ranges', 'content-security-policy']) t.equal(head.headers[name], headers[name], name)
})

t.test('a part is sent where one is asked for', async t => {
  const { bytes } = await withLeaf(t)
  const cases: Array<[range: string, part: string, from: number]> = [
    ['bytes=0-0', '0', 0], ['bytes=0-4', '01234', 0], ['bytes=3-', '3456789', 3], ['bytes=-3', '789', 7], ['bytes=-100', text, 0], ['bytes=0-', text, 0], ['bytes=5-100', '56789', 5], ['bytes=9-9', '9', 9], ['Bytes=1-2', '12', 1]
  ]
  for (const [range, part, from] of cases) {
    const { status, headers, data } = await bytes(LEAF, { range })
    t.equal(status, 206, range)
    t.equal(data.toString(), part)
    t.equal(headers['content-range'], `bytes ${from}-${from + part.length - 1}/10`)
    t.equal(headers['content-length'], `${part.length}`)
    t.equal(headers['content-type'], 'text/plain')
    t.match(headers['content-security-policy'], /sandbox/)
    t.not(headers['content-digest'], contentDigest(text), 'the digest of a content is not that of its part')
    t.equal(headers['repr-digest'], contentDigest(text))
    t.ok(headers.etag)
  }
})

t.test('a part that does not exist is 416 with the size', async t => {
  const { bytes, upload } = await withLeaf(t)
  for (const range of ['bytes=10-', 'bytes=10-20', 'bytes=99-', 'bytes=-0']) {
    const { status, headers, data } = await bytes(LEAF, { range })
    t.equal(status, 416, range)
    t.equal(headers['content-range'], 'bytes */10')
    t.equal(JSON.parse(data.toString()).code, 'range_not_satisfiable')
    t.match(headers['content-type'], /problem\+json/)
    t.not(headers['content-length'], '10')
  }
  t.equal((await upload(`${FILES}?id=empty&ext=txt`, '')).status, 201)
  t.match(await bytes(`${FILES}/empty`), { status: 200, headers: { 'content-length': '0' } })
  t.match(await bytes(`${FILES}/empty`, { range: 'bytes=0-' }), { status: 200, headers: { 'content-length': '0' } }, 'of nothing, nothing is a part')
})

t.test('a range that is none, or of several parts, is answered with everything', async t => {
  const { bytes, app, admin } = await withLeaf(t)
  for (const range of ['bytes=5-2', 'bytes=', 'bytes=-', 'bytes=a-b', 'lines=0-1', 'bytes 0-1', '0-1', 'bytes=0-1,3-4', 'bytes=1--2', 'bytes=0x1-2', 'bytes=1.5-2', '']) {
    const { status, data, headers } = await bytes(LEAF, { range })
    t.equal(status, 200, range)
    t.equal(data.toString(), text)
    t.notOk(headers['content-range'])
  }
  const head = await app.inject({ method: 'HEAD', url: LEAF, headers: { authorization: `Bearer ${admin}`, range: 'bytes=0-1' } })
  t.match({ status: head.statusCode, length: head.headers['content-length'] }, { status: 200, length: '10' }, 'ranges are of GET only')
})

t.test('what a client has already is not sent again', async t => {
  const { bytes, upload } = await withLeaf(t)
  const { etag, 'last-modified': modified } = (await bytes(LEAF)).headers as Record<string, string>
  for (const known of [etag!, `"other", ${etag}`, `W/${etag}`, '*']) {
    const { status, headers, data } = await bytes(LEAF, { 'if-none-match': known })
    t.match({ status, etag: headers.etag, length: data.length }, { status: 304, etag, length: 0 }, known)
  }
  t.equal((await bytes(LEAF, { 'if-none-match': '"other"' })).status, 200)
  t.equal((await bytes(LEAF, { 'if-none-match': etag!.replaceAll('"', '') })).status, 200, 'without quotes it is no tag')
  t.equal((await bytes(LEAF, { 'if-modified-since': modified! })).status, 304)
  t.equal((await bytes(LEAF, { 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' })).status, 200)
  t.equal((await bytes(LEAF, { 'if-modified-since': modified!, 'if-none-match': '"other"' })).status, 200, 'the tag counts')

  t.equal((await upload(LEAF, 'abcdefghij', {}, 'PUT')).status, 200)
  const after = await bytes(LEAF, { 'if-none-match': etag! })
  t.equal(after.status, 200, 'other content of the same size is other content')
  t.not(after.headers.etag, etag)
  t.equal(after.data.toString(), 'abcdefghij')
})

t.test('a download goes on only if it is still the same', async t => {
  const { bytes, upload } = await withLeaf(t)
  const { etag, 'last-modified': modified } = (await bytes(LEAF)).headers as Record<string, string>
  const range = 'bytes=5-'
  t.equal((await bytes(LEAF, { range, 'if-range': etag! })).status, 206)
  t.equal((await bytes(LEAF, { range, 'if-range': modified! })).status, 206)
  for (const other of ['"other"', `W/${etag}`, 'Thu, 01 Jan 1970 00:00:00 GMT', 'nonsense']) {
    t.match(await bytes(LEAF, { range, 'if-range': other }), { status: 200, data: Buffer.from(text) }, other)
  }
  t.equal((await bytes(LEAF, { range, 'if-match': etag! })).status, 206)
  t.equal((await bytes(LEAF, { 'if-match': '*' })).status, 200)
  for (const other of ['"other"', `W/${etag}`]) {
    const refused = await bytes(LEAF, { 'if-match': other })
    t.equal(refused.status, 412)
    t.equal(JSON.parse(refused.data.toString()).code, 'precondition_failed')
  }
  t.equal((await upload(LEAF, 'abcdefghij', {}, 'PUT')).status, 200)
  t.equal((await bytes(LEAF, { range, 'if-range': etag! })).data.toString(), 'abcdefghij', 'else it begins anew')
  t.equal((await bytes(LEAF, { range, 'if-match': etag! })).status, 412)
})

t.test('the media type is that of the name, and nothing that is uploaded acts as a page of ours', async t => {
  const { bytes, upload } = await withLeaf(t)
  const types: Record<string, string> = { jpg: 'image/jpeg', jpeg: 'image/jpeg', JPG: 'image/jpeg', png: 'image/png', tif: 'image/tiff', json: 'application/json', txt: 'text/plain', html: 'text/html', svg: 'image/svg+xml', js: 'text/javascript', zip: 'application/zip', unheard: 'application/octet-stream' }
  for (const [ext, type] of Object.entries(types)) {
    t.match((await upload(`${FILES}?id=file-${ext}&ext=${ext}`, '<script>alert(1)</script>', { 'content-type': 'text/html' })).body, { media_type: type })
    for (const url of [`${FILES}/file-${ext}`, `${FILES}/file-${ext}/image?size=orig`]) {
      const { status, headers } = await bytes(url)
      t.equal(status, 200, url)
      t.equal(String(headers['content-type']).split(';')[0], type)
      t.match(headers, { 'content-security-policy': /^default-src 'none'; sandbox/, 'x-content-type-options': 'nosniff' })
    }
  }
})

t.test('many parts of a large content make up the whole', async t => {
  const { bytes, upload } = await withLeaf(t)
  const large = Buffer.from(Array.from({ length: 100_000 }, (_, i) => `${i}\n`).join(''))
  t.equal((await upload(`${FILES}?id=large&ext=txt`, large)).status, 201)
  const step = 65_537
  const parts = await Promise.all(Array.from({ length: Math.ceil(large.length / step) }, (_, i) => bytes(`${FILES}/large`, { range: `bytes=${i * step}-${(i + 1) * step - 1}` })))
  t.ok(parts.every(({ status }) => status === 206))
  t.ok(Buffer.concat(parts.map(({ data }) => data)).equals(large))
})
