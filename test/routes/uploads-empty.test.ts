import t from 'tap'
import { contentDigest, everythingOfUsers, filePart, multipart, startLab, unfinished } from '../support/datasets.js'
import { field } from '../support/plantdb.js'
import { listen, sendRaw } from '../support/raw-http.js'

const FILES = '/v1/scans/plant/filesets/images/files'

t.test('an empty file where one was meant is refused, and nothing is stored', async t => {
  const { app, admin, send, createFiles, root } = await startLab(t)
  await createFiles('plant', { 'leaf.txt': 'a leaf' })
  const port = await listen(app)
  const before = await everythingOfUsers(root)
  const empty = filePart('bud.txt', '')
  const place = [field('scan_id', 'plant'), field('fileset_id', 'images'), field('file_id', 'bud')]
  for (const [url, parts] of [[FILES, [empty]], ['/file/plant/images/bud', [field('ext', 'txt'), empty]], ['/file/plant/images/bud', [empty, field('ext', 'txt')]], ['/api/file', [...place, field('ext', 'txt'), empty]]] as const) {
    const { body, headers } = multipart(...parts)
    t.match(await send('POST', url, body, headers), { status: 400, body: { code: 'upload_empty', message: /empty/ } }, url)
    t.match(await send('POST', url, body, { ...headers, 'content-digest': contentDigest(body) }), { status: 400, body: { code: 'upload_empty' } }, `${url}: the digest is of the form`)
  }
  const authorization = `Bearer ${admin}`
  const raw = { authorization, 'content-type': 'application/octet-stream' }
  for (const [method, url] of [['POST', `${FILES}?id=bud&ext=txt`], ['PUT', `${FILES}/leaf`]] as const) {
    const { status, text } = await sendRaw(port, method, url, { ...raw, 'transfer-encoding': 'chunked' })
    t.match({ status, text }, { status: 400, text: /upload_empty/ }, `${method}, of unknown length`)
  }
  for (const path of ['images/bud.txt', 'images/leaf.txt', 'scan.toml']) {
    for (const framing of [{ 'content-length': '0' }, { 'transfer-encoding': 'chunked' }, { 'content-length': '0', 'content-digest': contentDigest('') }] as Array<Record<string, string>>) {
      const { status, text } = await sendRaw(port, 'POST', '/files/plant', { ...raw, 'x-file-path': path, ...framing })
      t.match({ status, text }, { status: 400, text: /upload_empty/ }, `${path} ${JSON.stringify(framing)}`)
    }
  }
  t.strictSame(await everythingOfUsers(root), before)
  t.strictSame(await unfinished(root), [])
})

t.test('an empty file that is meant is taken on /v1', async t => {
  const { app, admin, send, createFiles } = await startLab(t)
  await createFiles('plant', { 'leaf.txt': 'a leaf' })
  const port = await listen(app)
  const ways: Array<Record<string, string>> = [{ 'content-length': '0' }, { 'transfer-encoding': 'chunked', 'content-digest': contentDigest('') }]
  for (const [i, framing] of ways.entries()) {
    const headers = { authorization: `Bearer ${admin}`, 'content-type': 'text/plain', ...framing }
    t.equal((await sendRaw(port, 'POST', `${FILES}?id=bud-${i}&ext=txt`, headers)).status, 201, JSON.stringify(framing))
    t.match((await send('GET', `${FILES}/bud-${i}/info`)).body, { bytes: 0 })
    t.equal((await sendRaw(port, 'PUT', `${FILES}/leaf`, headers)).status, 200)
  }
  t.match((await send('GET', `${FILES}/leaf/info`)).body, { bytes: 0 })
})
