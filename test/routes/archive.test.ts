import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { craft, scan as scanArchive } from '../lib/datasets/archive/craft.js'
import { contentDigest, everythingIn, filePart, multipart, startLab, type Lab } from '../support/datasets.js'

const zip = { 'content-type': 'application/zip' }

/** A scan with two filesets, metadata of all kinds and a preview. */
async function withScan (t: Test): Promise<Lab> {
  const lab = await startLab(t)
  await lab.createFiles('plant', { 'leaf.txt': 'a leaf', '00001_rgb.bin': Buffer.from([0, 1, 2, 254, 255]), 'empty.txt': '' })
  const calls = [
    ['POST', '/v1/scans/plant/filesets', { id: 'bare', metadata: { task: 'none' } }], ['PUT', '/v1/scans/plant/metadata', { species: 'Oak' }],
    ['PUT', '/v1/scans/plant/filesets/images/metadata', { channels: ['rgb'] }], ['PUT', '/v1/scans/plant/filesets/images/files/leaf/metadata', { shot: 1 }]
  ] as const
  for (const [method, url, body] of calls) if ((await lab.send(method, url, body)).status > 201) throw new Error(url)
  await mkdir(join(lab.root, 'plant', 'webcache'))
  await writeFile(join(lab.root, 'plant', 'webcache', 'preview.jpeg'), 'a preview')
  return lab
}

t.test('what is exported is imported again as it was', async t => {
  const { bytes, send, root } = await withScan(t)
  const { status, headers, data } = await bytes('/v1/scans/plant/archive')
  t.equal(status, 200)
  t.match(headers, { 'content-type': 'application/zip', 'content-length': `${data.length}`, 'content-disposition': /attachment; filename="plant.zip"/ })
  t.notOk(data.includes('a preview'), 'caches stay here')

  const imported = await send('POST', '/v1/scans/copy/archive', data, zip)
  t.equal(imported.status, 201)
  t.equal(imported.headers.location, '/v1/scans/copy')
  t.match(imported.body, { id: 'copy', owner: 'admin', filesets: 2, files: 3, bytes: 11 })
  t.strictSame((await send('GET', '/v1/scans/copy')).body, imported.body)

  const [before, after] = [await everythingIn(join(root, 'plant')), await everythingIn(join(root, 'copy'))]
  t.strictSame(Object.keys(after), Object.keys(before).filter(path => !path.startsWith('webcache')))
  for (const path of Object.keys(after).filter(path => path !== 'metadata/metadata.json')) t.equal(after[path], before[path], path)
  t.match((await send('GET', '/v1/scans/copy/metadata')).body, { species: 'Oak', owner: 'admin' })
  t.match((await send('GET', '/v1/scans/copy/filesets/images/metadata')).body, { channels: ['rgb'] })
  t.strictSame((await send('GET', '/v1/scans/copy/filesets/images/files/leaf/metadata')).body, { shot: 1 })
  t.ok((await bytes('/v1/scans/copy/filesets/images/files/00001_rgb')).data.equals(Buffer.from([0, 1, 2, 254, 255])))
  t.equal((await send('POST', '/v1/scans/copy/filesets/bare/files?id=new', Buffer.from('x'), { 'content-type': 'text/plain' })).status, 201, 'and it is a scan like any other')
})

t.test('an empty scan is exported and imported, too', async t => {
  const { send, bytes, createScan } = await startLab(t)
  await createScan('empty')
  const { data } = await bytes('/v1/scans/empty/archive')
  t.match(await send('POST', '/v1/scans/copy/archive', data, zip), { status: 201, body: { filesets: 0, files: 0, bytes: 0 } })
})

t.test('an archive comes as the body or in a form, with or without a digest, and with or without a folder around', async t => {
  const { send } = await startLab(t)
  const archive = craft(scanArchive())
  const form = multipart(filePart('whatever.zip', archive))
  const inFolder = craft(scanArchive().map(entry => ({ ...entry, name: `another-name/${String(entry.name)}` })))
  const withCache = craft([...scanArchive(), { name: 'webcache/old.jpeg', data: 'x' }])
  const calls: Array<[what: string, body: Buffer, headers: Record<string, string>]> = [
    ['body', archive, zip], ['form', form.body, form.headers], ['untyped', archive, {}], ['octets', archive, { 'content-type': 'application/octet-stream' }], ['folder', inFolder, zip], ['cached', withCache, zip],
    ['digest', archive, { ...zip, 'content-digest': contentDigest(archive) }], ['digest-of-form', form.body, { ...form.headers, 'content-digest': contentDigest(form.body) }]
  ]
  for (const [what, body, headers] of calls) {
    t.match(await send('POST', `/v1/scans/${what}/archive`, body, headers), { status: 201, body: { id: what, files: 1, bytes: 7 } }, what)
  }
})

t.test('a scan belongs to who imports it, and is shared with those groups only that they are in', async t => {
  const { call, send, join } = await startLab(t)
  const token = await join('ada')
  for (const name of ['lab', 'hidden']) t.equal((await send('POST', '/v1/groups', { name })).status, 201)
  t.equal((await send('PUT', '/v1/groups/lab/members/ada')).status, 204)
  const metadata = { owner: 'admin', sharing: ['lab', 'hidden', 'nowhere', 7], visibility: 'private', created: '2020-01-02T03:04:05+00:00', created_by: 'Grace', species: 'Oak' }
  const archive = craft([...scanArchive().slice(0, 2), { name: 'metadata/metadata.json', data: JSON.stringify(metadata) }])
  const { status, body } = await call('POST', '/v1/scans/plant/archive', { token, body: archive, headers: zip })
  t.equal(status, 201)
  t.match(body, { owner: 'ada', groups: ['lab'], visibility: 'private' })
  t.strictSame(body.groups, ['lab'])
  t.match((await call('GET', '/v1/scans/plant/metadata', { token })).body, { owner: 'ada', sharing: ['lab'], species: 'Oak' })
})

t.test('only who may create scans imports them, and only who may read one exports it', async t => {
  const { call, send, createScan, join } = await startLab(t)
  await createScan('plant', { visibility: 'private' })
  await createScan('shared')
  const [contributor, reader] = [await join('ada'), await join('grace', 'reader')]
  const archive = craft(scanArchive())
  t.match(await call('POST', '/v1/scans/other/archive', { token: reader, body: archive, headers: zip }), { status: 403, body: { code: 'insufficient_scope' } })
  t.match(await call('POST', '/v1/scans/other/archive', { body: archive, headers: zip }), { status: 401, body: { code: 'authentication_required' } })
  t.match(await call('GET', '/v1/scans/plant/archive', { token: contributor }), { status: 404, body: { code: 'scan_not_found' } })
  t.match(await call('GET', '/v1/scans/plant/archive'), { status: 401, body: { code: 'authentication_required' } })
  t.match(await call('POST', '/v1/scans/plant/archive', { token: contributor, body: archive, headers: zip }), { status: 409, body: { code: 'scan_exists' } }, 'a name that is taken is taken')
  t.equal((await call('GET', '/v1/scans/shared/archive', { token: reader })).status, 200)
  t.match(await send('GET', '/v1/scans/unknown/archive'), { status: 404, body: { code: 'scan_not_found' } })
  t.match(await send('GET', '/v1/scans/other'), { status: 404, body: { code: 'scan_not_found' } })
})

t.test('one of those who import the same at the same time has imported it', async t => {
  const { send } = await startLab(t)
  const archive = craft(scanArchive())
  const answers = await Promise.all([...Array.from({ length: 6 }, () => send('POST', '/v1/scans/plant/archive', archive, zip)), send('POST', '/v1/scans', { id: 'plant' })])
  t.strictSame(answers.map(({ status }) => status).sort(), [201, ...Array<number>(6).fill(409)])
  t.equal((await send('GET', '/v1/scans/plant')).status, 200)
})

t.test('a scan whose files are not all there is not exported as if they were', async t => {
  const { send, root } = await withScan(t)
  await writeFile(join(root, 'plant', 'files.json'), JSON.stringify({ filesets: [{ id: 'images', files: [{ id: 'leaf', file: 'leaf.txt' }, { id: 'gone', file: 'gone.txt' }] }] }))
  t.equal((await send('POST', '/v1/datasets/refresh')).status, 200)
  const { status, body } = await send('GET', '/v1/scans/plant/archive')
  t.match(status, /^(409|503)$/)
  t.match(body, { code: /^[a-z_]+$/ })
})
