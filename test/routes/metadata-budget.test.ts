import { deflateRawSync } from 'node:zlib'
import t from 'tap'
import { craft } from '../lib/datasets/archive/craft.js'
import { everythingOfUsers, filePart, multipart, startLab } from '../support/datasets.js'

const zip = { 'content-type': 'application/zip' }
const places = ['', '/filesets/images', '/filesets/images/files/leaf']
/** So many values together, with the object around them. */
const manyValues = (values: number) => ({ list: new Array<object>(values - 2).fill({}) })

t.test('metadata beyond their values or bytes are refused by every route, with the name of the bound, and nothing is changed', async t => {
  const { createFiles, send, upload, root } = await startLab(t, { METADATA_MAX_BYTES: '65536', METADATA_MAX_VALUES: '1000' })
  await createFiles('plant', { 'leaf.txt': 'a leaf' })
  const before = await everythingOfUsers(root)
  for (const [setting, value] of [['METADATA_MAX_VALUES', manyValues(1001)], ['METADATA_MAX_BYTES', { text: 'é'.repeat(40_000) }]] as const) {
    const refused = { status: 413, body: { code: 'metadata_too_large', errors: [{ message: new RegExp(setting) }] } }
    for (const method of ['PUT', 'PATCH']) for (const place of places) t.match(await send(method, `/v1/scans/plant${place}/metadata`, value), refused, `${method} ${place} ${setting}`)
    for (const [url, body] of [['/v1/scans', { id: 'new', metadata: value }], ['/v1/scans/plant/filesets', { id: 'new', metadata: value }], ['/scan/new', { metadata: value }], ['/fileset/plant/new', { metadata: value }],
      ['/scan/plant/metadata', { metadata: value }], ['/fileset/plant/images/metadata', { metadata: value }], ['/file/plant/images/leaf/metadata', { metadata: value }]] as const) {
      t.match(await send('POST', url, body), refused, `${url} ${setting}`)
    }
    const form = multipart(filePart('new.txt', 'new'), { name: 'ext', value: 'txt' }, { name: 'metadata', value: JSON.stringify(value) })
    for (const url of ['/v1/scans/plant/filesets/images/files', '/file/plant/images/new']) t.match(await send('POST', url, form.body, form.headers), refused, `form ${url} ${setting}`)
    const files = [{ name: 'files.json', data: '{"filesets":[{"id":"images","files":[{"id":"a","file":"a.txt"}]}]}' }, { name: 'images/a.txt', data: 'a' }]
    for (const path of ['metadata', 'images', 'images/a']) {
      const own = path === 'metadata' ? [] : [{ name: 'metadata/metadata.json', data: '{}' }]
      const archive = craft([...files, ...own, { name: `metadata/${path}.json`, data: JSON.stringify(value), deflate: true }])
      const answer = await send('POST', '/v1/scans/new/archive', archive, zip)
      t.match(answer, { status: 413, body: { code: 'archive_too_large', errors: [{ path: `metadata/${path}.json`, message: new RegExp(setting) }] } }, `archive ${path} ${setting}`)
    }
  }
  const python = multipart(filePart('new.txt', 'new'), { name: 'ext', value: 'txt' }, { name: 'metadata', value: `{'list': [${'[],'.repeat(1000)}]}` })
  t.match(await send('POST', '/file/plant/images/new', python.body, python.headers), { status: 413, body: { code: 'metadata_too_large' } })
  const hidden = multipart(filePart('new.txt', 'new'), { name: 'ext', value: 'txt' }, { name: 'metadata', value: `{'a': '"', 'list': [${'[],'.repeat(1000)}]}` })
  t.match(await send('POST', '/file/plant/images/new', hidden.body, hidden.headers), { status: 413, body: { code: 'metadata_too_large' } }, 'behind a quotation mark of the other kind')
  t.match(await upload(`/v1/scans/plant/filesets/images/files?id=new&metadata=${encodeURIComponent(JSON.stringify(manyValues(1001)))}`, 'x'), { status: 413, body: { code: 'metadata_too_large' } })
  t.strictSame(await everythingOfUsers(root), before)

  const prose = multipart(filePart('prose.txt', 'new'), { name: 'ext', value: 'txt' }, { name: 'metadata', value: `{'said': '${','.repeat(2000)}'}` })
  t.match(await send('POST', '/file/plant/images/prose', prose.body, prose.headers), { status: 201 }, 'commas in a text of Python are no values')
})

t.test('the result of a change counts, not the change', async t => {
  const { createFiles, send } = await startLab(t, { METADATA_MAX_BYTES: '65536', METADATA_MAX_VALUES: '1000' })
  await createFiles('plant', { 'leaf.txt': 'a leaf' })
  for (const place of places) {
    const url = `/v1/scans/plant${place}/metadata`
    t.equal((await send('PATCH', url, { a: 'x'.repeat(40_000) })).status, 200)
    t.match(await send('PATCH', url, { b: 'x'.repeat(40_000) }), { status: 413, body: { code: 'metadata_too_large', errors: [{ message: 'has more than METADATA_MAX_BYTES (65536 bytes)' }] } })
    t.equal((await send('PATCH', url, { a: null, b: new Array(600).fill(0) })).status, 200)
    t.match(await send('PATCH', url, { c: new Array(600).fill(0) }), { status: 413, body: { errors: [{ message: 'has more than METADATA_MAX_VALUES (1000 values)' }] } })
    const { body } = await send('GET', url)
    t.equal(body.b.length, 600)
    t.notOk('c' in body)
  }
  t.match(await send('POST', '/scan/plant/metadata', { metadata: { c: new Array(600).fill(0) } }), { status: 413, body: { code: 'metadata_too_large' } })
})

t.test('metadata that only an indentation would bring over the budget are stored without it', async t => {
  const { createScan, send } = await startLab(t, { METADATA_MAX_BYTES: '65536' })
  const deep = Array.from({ length: 20 }).reduce<unknown>(inner => [inner], new Array(10_000).fill(1))
  await createScan('plant', { metadata: { deep } })
  t.strictSame((await send('GET', '/v1/scans/plant/metadata')).body.deep, deep)
})

t.test('by default a document of 1 MiB and 100 000 values is taken, and a body or a member of an archive of more is refused unparsed', async t => {
  const { createScan, send, admin: token, call } = await startLab(t)
  await createScan('plant')
  t.equal((await send('PUT', '/v1/scans/plant/metadata', manyValues(99_990))).status, 200)
  t.match(await call('PUT', '/v1/scans/plant/metadata', { token, body: `{"list":[${'{},'.repeat(340_000)}{}]}`, headers: { 'content-type': 'application/json' } }), { status: 413, body: { code: 'body_too_large', errors: [{ message: 'has more than 101000 values (METADATA_MAX_VALUES and 1000 around them)' }] } })
  const data = `{"list":[${'{},'.repeat(5_000_000)}{}]}`
  const archive = craft([{ name: 'files.json', data: '{"filesets":[]}' }, { name: 'metadata/metadata.json', data, deflate: true }])
  t.ok(deflateRawSync(data).length < 50_000)
  t.match(await send('POST', '/v1/scans/bomb/archive', archive, zip), { status: 413, body: { code: 'archive_too_large', errors: [{ path: 'metadata/metadata.json', message: 'has more than METADATA_MAX_BYTES (1048576 bytes)' }] } })
  t.equal((await send('GET', '/v1/scans/bomb')).status, 404)
})

t.test('a files.json has a budget of its own', async t => {
  const { createFiles, upload, send } = await startLab(t, { FILES_JSON_MAX_VALUES: '1000', METADATA_MAX_VALUES: '1000000', ACCOUNT_MAX_UPLOADS: '0' })
  await createFiles('plant', {})
  const filesets = Array.from({ length: 334 }, (_, i) => ({ id: `set-${i}`, files: [] }))
  const archive = craft([{ name: 'files.json', data: JSON.stringify({ filesets }) }, { name: 'metadata/metadata.json', data: '{}' }])
  t.match(await send('POST', '/v1/scans/many/archive', archive, zip), { status: 413, body: { code: 'archive_too_large', errors: [{ path: 'files.json', message: 'has more than FILES_JSON_MAX_VALUES (1000 values)' }] } })
  const ids = Array.from({ length: 335 }, (_, i) => i)
  const statuses = await Promise.all(ids.map(async i => (await upload(`/v1/scans/plant/filesets/images/files?id=f${i}`, 'x')).status))
  t.equal(statuses.filter(status => status === 201).length, 331, 'three values each, and five around them')
  t.ok(statuses.every(status => [201, 413].includes(status)))
  t.match(await upload('/v1/scans/plant/filesets/images/files?id=more', 'x'), { status: 413, body: { code: 'listing_too_large', errors: [{ message: /FILES_JSON_MAX_VALUES/ }] } })
  t.equal((await send('DELETE', `/v1/scans/plant/filesets/images/files/f${statuses.indexOf(201)}`)).status, 204, 'what is full can be emptied')
})
