import t from 'tap'
import { craft, listing, scan as scanArchive } from '../lib/datasets/archive/craft.js'
import { everythingOfUsers, filePart, multipart, startLab, unfinished } from '../support/datasets.js'
import { listen, sendRaw } from '../support/raw-http.js'

const FILES = '/v1/scans/plant/filesets/images/files'
const zip = { 'content-type': 'application/zip' }

t.test('a file may have FILE_MAX_BYTES and no byte more', async t => {
  const { createFiles, upload, send, root, bytes } = await startLab(t, { FILE_MAX_BYTES: '1000' })
  await createFiles('plant', { 'leaf.txt': 'a leaf' })
  const before = await everythingOfUsers(root)
  const { body, headers } = multipart(filePart('bud.txt', 'x'.repeat(1001)))
  for (const size of [1001, 5000, 3_000_000]) {
    t.match(await upload(`${FILES}?id=bud`, 'x'.repeat(size)), { status: 413, body: { code: 'file_too_large' } }, `${size}`)
    t.match(await upload(`${FILES}/leaf`, 'x'.repeat(size), {}, 'PUT'), { status: 413, body: { code: 'file_too_large' } }, `PUT ${size}`)
  }
  t.match(await send('POST', FILES, body, headers), { status: 413, body: { code: 'file_too_large' } })
  t.strictSame(await everythingOfUsers(root), before)
  t.strictSame(await unfinished(root), [])

  t.equal((await upload(`${FILES}?id=bud`, 'x'.repeat(1000))).status, 201)
  const fitting = multipart(filePart('twig.txt', 'y'.repeat(1000)), { name: 'metadata', value: JSON.stringify({ text: 'z'.repeat(2000) }) })
  t.equal((await send('POST', FILES, fitting.body, fitting.headers)).status, 201, 'only the file counts')
  t.equal((await bytes(`${FILES}/twig`)).data.toString(), 'y'.repeat(1000))
})

t.test('a file that is too large is refused while it arrives, with an answer that the client can read', async t => {
  const { createFiles, app, admin, root } = await startLab(t, { FILE_MAX_BYTES: '1000' })
  await createFiles('plant', { 'leaf.txt': 'a leaf' })
  const port = await listen(app)
  const authorization = `Bearer ${admin}`
  const large = Buffer.alloc(300_000, 'x')
  const form = multipart(filePart('bud.txt', large))
  const raw = await sendRaw(port, 'POST', `${FILES}?id=bud`, { authorization, 'content-type': 'text/plain', 'content-length': `${large.length}` }, large)
  t.equal(raw.status, 413)
  t.equal(JSON.parse(raw.text).code, 'file_too_large')
  const parted = await sendRaw(port, 'POST', FILES, { authorization, ...form.headers, 'content-length': `${form.body.length}` }, form.body)
  t.equal(parted.status, 413)
  t.equal(JSON.parse(parted.text).code, 'file_too_large')
  t.strictSame(await unfinished(root), [])
})

t.test('an upload is refused before it is read where it may not be made', async t => {
  const { createFiles, app, root, join, admin, send } = await startLab(t)
  await createFiles('plant', { 'leaf.txt': 'a leaf' })
  t.equal((await send('PUT', '/v1/scans/plant/sharing', { groups: [], visibility: 'private' })).status, 200)
  const [port, stranger] = [await listen(app), await join('ada')]
  const large = Buffer.alloc(2_000_000, 'x')
  for (const [authorization, url, status, code] of [
    ['Bearer nonsense', `${FILES}?id=bud`, 401, 'access_token_invalid'],
    [`Bearer ${stranger}`, `${FILES}?id=bud`, 404, 'scan_not_found'],
    [`Bearer ${admin}`, '/v1/scans/plant/filesets/other/files?id=bud', 404, 'fileset_not_found']
  ] as const) {
    const answer = await sendRaw(port, 'POST', url, { authorization, 'content-type': 'image/jpeg', 'content-length': `${large.length}` }, large)
    t.equal(answer.status, status, url)
    t.equal(JSON.parse(answer.text).code, code)
  }
  t.strictSame(await unfinished(root), [])
})

t.test('an archive has limits of entries, bytes and JSON, and what breaks them leaves nothing', async t => {
  const { send, root } = await startLab(t, { ARCHIVE_MAX_ENTRIES: '4', ARCHIVE_MAX_BYTES: '5000' })
  const before = await everythingOfUsers(root)
  const many = [...scanArchive(), { name: 'images/b.jpg', data: 'b' }, { name: 'images/c.jpg', data: 'c' }]
  const large = [{ name: 'files.json', data: listing('a.jpg') }, { name: 'images/a.jpg', data: 'x'.repeat(6000), deflate: true }, { name: 'metadata/metadata.json', data: '{}' }]
  const heavy = Buffer.alloc(5001)
  for (const [what, archive] of Object.entries({ many: craft(many), 'large when unpacked': craft(large), 'large as it is': heavy })) {
    t.match(await send('POST', '/v1/scans/other/archive', archive, zip), { status: 413, body: { code: 'archive_too_large' } }, what)
    const { body, headers } = multipart(filePart('scan.zip', archive))
    t.match(await send('POST', '/v1/scans/other/archive', body, headers), { status: 413, body: { code: 'archive_too_large' } }, `${what}, in a form`)
  }
  t.strictSame(await everythingOfUsers(root), before)
  t.equal((await send('POST', '/v1/scans/other/archive', craft(scanArchive()), zip)).status, 201)
})

t.test('what is no ZIP of a scan is refused and leaves nothing', async t => {
  const { send, root } = await startLab(t)
  const before = await everythingOfUsers(root)
  const right = craft(scanArchive())
  const broken: Record<string, Buffer> = {
    nothing: Buffer.alloc(0),
    text: Buffer.from('no ZIP'),
    'cut off': right.subarray(0, right.length - 30),
    'a wrong checksum': craft(scanArchive().map(entry => ({ ...entry, crc: 1 }))),
    'no files.json': craft(scanArchive().slice(1)),
    'no metadata': craft(scanArchive().slice(0, 2)),
    'a file that is not there': craft([{ name: 'files.json', data: listing('a.jpg', 'b.jpg') }, ...scanArchive().slice(1)]),
    'files.json is no JSON': craft([{ name: 'files.json', data: '{' }, ...scanArchive().slice(1)]),
    'metadata are no object': craft([...scanArchive().slice(0, 2), { name: 'metadata/metadata.json', data: '[]' }]),
    'a way out': craft([...scanArchive(), { name: '../../evil.txt', data: 'x' }]),
    'an absolute name': craft([...scanArchive(), { name: '/tmp/evil.txt', data: 'x' }]),
    'a backslash': craft([...scanArchive(), { name: '..\\evil.txt', data: 'x' }]),
    'a way out inside': craft([...scanArchive(), { name: 'images/../../evil.txt', data: 'x' }]),
    'a link': craft([...scanArchive(), { name: 'images/link', data: '/etc/passwd', mode: 0o120777 }]),
    'too deep': craft([...scanArchive(), { name: 'images/a/b/c.txt', data: 'x' }]),
    'twice the same': craft([...scanArchive(), { name: 'images/a.jpg', data: 'x' }])
  }
  for (const [what, archive] of Object.entries(broken)) {
    t.match(await send('POST', '/v1/scans/other/archive', archive, zip), { status: 400, body: { code: 'archive_invalid' } }, what)
  }
  t.strictSame(await everythingOfUsers(root), before)
  t.strictSame(await unfinished(root), [])
  t.match(await send('GET', '/v1/scans/other'), { status: 404, body: { code: 'scan_not_found' } })
})

t.test('JSON above 1 MiB is refused', async t => {
  const { createFiles, send } = await startLab(t)
  await createFiles('plant', {})
  const large = { text: 'x'.repeat(2 ** 20) }
  for (const [method, url, body] of [['POST', '/v1/scans', { id: 'other', metadata: large }], ['PUT', '/v1/scans/plant/metadata', large], ['PATCH', '/v1/scans/plant/filesets/images/metadata', large]] as const) {
    t.match(await send(method, url, body), { status: 413, body: { code: 'body_too_large' } }, `${method} ${url}`)
  }
  t.equal((await send('PUT', '/v1/scans/plant/metadata', { text: 'x'.repeat(1_000_000) })).status, 200)
})
