import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import { storeDemo } from '#lib/demo/store.js'
import { craft, scan as scanArchive } from '../../lib/datasets/archive/craft.js'
import { everythingOfUsers, filePart, startLab, unfinished } from '../../support/datasets.js'
import { field, sendForm } from '../../support/plantdb.js'

const ply = Buffer.concat([Buffer.from('ply\nformat binary_little_endian 1.0\nelement vertex 1\nproperty uchar red\nend_header\n'), Buffer.from([0xff, 0xfe, 0x00])])

t.test('files come in by forms, of the kinds that PlantDB takes', async t => {
  const { call, send, admin, join: account, createFiles, bytes, root } = await startLab(t)
  await createFiles('plant', {})
  const post = (id: string, ...fields: Array<[string, string]>) => sendForm(call, `/file/plant/images/${id}`, admin, ...fields.map(([name, value]) => field(name, value)), filePart('x', ply))
  const created = await post('cloud', ['ext', '.ply'], ['metadata', '{"n": 1}'], ['more', 'x'])
  t.strictSame([created.status, created.body], [201, { message: "File created and written successfully in fileset 'images'.", id: 'cloud' }])
  t.strictSame(await readFile(join(root, 'plant', 'images', 'cloud.ply')), ply, 'binary files as well')
  const { status, headers, data } = await bytes('/file/plant/images/cloud')
  t.equal(status, 200)
  t.strictSame(data, ply)
  t.match(headers, { 'content-disposition': 'inline; filename="cloud.ply"', etag: /^"/, 'last-modified': /GMT$/, 'content-length': String(ply.length) })
  t.strictSame((await send('GET', '/file/plant/images/cloud/metadata')).body, { metadata: { n: 1 } })

  t.equal((await post('python', ['ext', 'txt'], ['metadata', "{'pose': (1, 2.5), 'ok': True, 'none': None, 'it\\'s': \"x\"}"])).status, 201)
  t.strictSame((await send('GET', '/file/plant/images/python/metadata')).body, { metadata: { pose: [1, 2.5], ok: true, none: null, "it's": 'x' } })
  for (const ext of ['jpg', '.jpeg', 'PNG', '.Tif', 'txt', 'json', 'ply', 'yaml', '.toml']) t.equal((await post(`e-${ext.replace('.', '')}`, ['ext', ext])).status, 201, ext)
  t.equal((await send('GET', '/file/plant/images/e-PNG')).headers['content-type'], 'image/png')
  t.equal((await sendForm(call, '/file/plant/images/late', admin, filePart('x.txt', 'x'), field('ext', 'txt'), field('metadata', '{}'))).status, 201, 'fields may follow the file')

  t.match(await post('cloud', ['ext', 'ply']), { status: 409, body: { code: 'file_exists', message: /\w/ } })
  for (const ext of ['', '.', 'exe', 'tiff', '../txt', 'txt/x']) t.equal((await post('bad', ['ext', ext])).status, 400, ext)
  t.equal((await post('bad')).status, 400, 'ext is needed')
  for (const metadata of ['{', '[1]', '"x"', '{1}', "__import__('os')", '1']) t.equal((await post('bad', ['ext', 'txt'], ['metadata', metadata])).status, 400, metadata)
  t.equal((await sendForm(call, '/file/plant/images/bad', admin, field('ext', 'txt'))).status, 400, 'the file is needed')
  t.equal((await sendForm(call, '/file/plant/images/bad', admin, field('ext', 'txt'), { ...filePart('x', 'x'), name: 'other' })).status, 400)
  t.equal((await call('POST', '/file/plant/images/bad', { token: admin, body: Buffer.from('x'), headers: { 'content-type': 'application/octet-stream' } })).status, 400)
  t.match(await sendForm(call, '/file/plant/nothing/a', admin, field('ext', 'txt'), filePart('x', 'x')), { status: 404, body: { code: 'fileset_not_found' } })
  t.equal((await sendForm(call, '/file/plant/images/..%2Fx', admin, field('ext', 'txt'), filePart('x', 'x'))).status, 400)
  t.equal((await sendForm(call, '/file/plant/images/mine', await account('ada', 'reader'), field('ext', 'txt'), filePart('x', 'x'))).status, 403)
  t.match(await send('GET', '/file/plant/images/bad'), { status: 404, body: { code: 'file_not_found' } })
  t.strictSame(await unfinished(root), [])
})

t.test('a form may say the place of its file, too', async t => {
  const { call, send, admin, join: account, createFiles, root } = await startLab(t)
  await createFiles('plant', {})
  const place = (id: string, fileset = 'images', scan = 'plant') => [field('file_id', id), field('ext', 'txt'), field('scan_id', scan), field('fileset_id', fileset)]
  const created = await sendForm(call, '/api/file', admin, ...place('a'), field('metadata', '{"a": 1}'), filePart('x', 'hello'))
  t.strictSame([created.status, created.body], [201, { message: "File created and written successfully in fileset 'images'.", id: 'a' }])
  t.equal((await send('GET', '/file/plant/images/a')).body, 'hello')
  t.equal((await sendForm(call, '/api/file', admin, filePart('x', 'last'), ...place('b'))).status, 201, 'in any order')
  t.equal((await sendForm(call, '/api/file', admin, ...place('a'), filePart('x', 'hello'))).status, 409)
  t.equal((await sendForm(call, '/api/file', admin, ...place('a', 'nothing'), filePart('x', 'hello'))).status, 404)
  t.equal((await sendForm(call, '/api/file', admin, ...place('a', 'images', 'nothing'), filePart('x', 'hello'))).status, 404)
  for (const [id, fileset, scan] of [['../x', 'images', 'plant'], ['a', '..', 'plant'], ['a', 'images', '../plant'], ['a', 'metadata', 'plant']]) t.equal((await sendForm(call, '/api/file', admin, ...place(id!, fileset, scan), filePart('x', 'x'))).status, 400)
  t.equal((await sendForm(call, '/api/file', admin, filePart('x', 'x'))).status, 400)
  t.equal((await sendForm(call, '/api/file', await account('ada', 'reader'), ...place('c'), filePart('x', 'x'))).status, 403)
  t.strictSame(await unfinished(root), [])
})

t.test('files are served in parts, and not at all where they have not changed', async t => {
  const { app, createFiles, bytes, send } = await startLab(t)
  const picture = await sharp({ create: { width: 300, height: 200, channels: 3, background: 'green' } }).png().toBuffer()
  await createFiles('plant', { 'a.png': picture })
  for (const path of ['/file/plant/images/a', '/files/plant/images/a.png', '/image/plant/images/a?size=orig', '/image/plant/images/a', '/pointcloud/plant/images/a?size=orig', '/pcGroundTruth/plant/images/a?size=orig', '/mesh/plant/images/a']) {
    const whole = await bytes(path)
    t.equal(whole.status, 200, path)
    const part = await bytes(path, { range: 'bytes=2-5' })
    t.equal(part.status, 206)
    t.strictSame(part.data, whole.data.subarray(2, 6))
    t.equal((await bytes(path, { 'if-none-match': String(whole.headers.etag) })).status, 304)
    t.equal((await bytes(path, { range: 'bytes=999999-' })).status, 416)
    const head = await app.inject({ method: 'HEAD', url: path, headers: { authorization: `Bearer ${(await send('POST', '/login', { username: 'admin', password: 'correct horse battery' })).body.access_token}` } })
    t.strictSame([head.statusCode, head.body, head.headers['content-length']], [200, '', String(whole.data.length)], `HEAD ${path}`)
  }
  t.match((await bytes('/mesh/plant/images/a')).headers, { 'content-type': 'application/octet-stream' })
})

t.test('pictures come in sizes, as bytes or as text', async t => {
  const { createFiles, bytes, send } = await startLab(t)
  const picture = await sharp({ create: { width: 300, height: 200, channels: 3, background: 'green' } }).png().toBuffer()
  await createFiles('plant', { 'a.png': picture, 'b.txt': 'no picture' })
  const widthOf = async (size: string) => (await sharp((await bytes(`/image/plant/images/a${size}`)).data).metadata()).width
  t.strictSame([await widthOf(''), await widthOf('?size=thumb'), await widthOf('?size=large'), await widthOf('?size=64'), await widthOf('?size=orig')], [150, 150, 300, 64, 300])
  t.match((await bytes('/image/plant/images/a')).headers, { 'x-content-encoding': 'binary', 'content-type': 'image/jpeg' })
  for (const yes of ['true', '1', 'yes']) {
    const { status, headers, body } = await send('GET', `/image/plant/images/a?size=orig&as_base64=${yes}`)
    t.equal(status, 200)
    t.match(headers, { 'x-content-encoding': 'base64', 'content-type': /^application\/json/ })
    t.strictSame(body, { image: picture.toString('base64'), 'content-type': 'image/png' })
  }
  t.equal((await send('GET', '/image/plant/images/a?as_base64=false')).headers['x-content-encoding'], 'binary')
  for (const size of ['0', '-1', 'huge', '1.5']) t.equal((await send('GET', `/image/plant/images/a?size=${size}`)).status, 400, size)
  t.equal((await send('GET', '/image/plant/images/b')).status, 422)
  t.equal((await send('GET', '/image/plant/images/unknown')).status, 404)
})

t.test('a path leads to the files of a scan, and nowhere else', async t => {
  const { createFiles, bytes, call, admin, root } = await startLab(t)
  await createFiles('plant', { 'a.txt': 'hello' })
  await writeFile(join(root, 'users.json'), 'secret')
  await writeFile(join(root, 'plant', 'scan.toml'), 'x = 1')
  await mkdir(join(root, 'plant', '.hidden'))
  await writeFile(join(root, 'plant', '.hidden', 'x'), 'secret')
  await symlink(join(root, 'users.json'), join(root, 'plant', 'images', 'link.txt'))
  await symlink(root, join(root, 'plant', 'up'))
  for (const [path, content] of [['images/a.txt', 'hello'], ['scan.toml', 'x = 1']] as const) t.equal(String((await bytes(`/files/plant/${path}`)).data), content)
  t.equal(JSON.parse(String((await bytes('/files/plant/metadata/metadata.json')).data)).owner, 'admin')
  t.equal(JSON.parse(String((await bytes('/files/plant/files.json')).data)).filesets.length, 1)
  for (const path of ['plant/.hidden/x', 'plant/..%2Fusers.json', 'plant/images%2F..%2F..%2Fusers.json', 'plant/images/link.txt', 'plant/up/users.json', 'plant/images', 'plant/images/', 'plant/', 'plant/images//a.txt', 'plant/nothing', 'plant/images/a.txt%00', 'users.json', 'users.json/x', 'groups.json', '.guardcell/index.jsonl', 'unknown/files.json']) {
    const { status, data } = await bytes(`/files/${path}`)
    t.ok([400, 404, 405].includes(status), `${path}: ${status}`)
    t.notMatch(String(data), 'secret')
  }

  const put = (path: string | undefined, content: string, token = admin) => call('POST', '/files/plant', { token, body: Buffer.from(content), headers: { 'content-type': 'application/octet-stream', 'content-disposition': 'attachment', ...(path === undefined ? {} : { 'x-file-path': path }) } })
  const saved = await put('pipeline.toml', 'y = 2')
  t.strictSame([saved.status, saved.body], [201, { message: 'File pipeline.toml received and saved' }])
  t.equal(String((await bytes('/files/plant/pipeline.toml')).data), 'y = 2')
  t.equal((await put('pipeline.toml', 'y = 3')).status, 201)
  t.equal(String((await bytes('/files/plant/pipeline.toml')).data), 'y = 3')
  t.equal((await put('images/new.txt', 'new')).status, 201)
  t.equal(String((await bytes('/file/plant/images/new')).data), 'new', 'in a fileset it is listed')
  t.equal((await put('images/a.txt', 'other')).status, 201)
  t.equal(String((await bytes('/file/plant/images/a')).data), 'other')
  t.equal((await put('measures.json', '{"angles":[1]}')).status, 201)
  t.equal(JSON.parse(String((await bytes('/scan/plant')).data)).hasManualMeasures, true)

  const before = await everythingOfUsers(root)
  for (const path of [undefined, '', '../x', '/etc/x', './x', 'images/../../x', '.hidden', '.hidden/x', 'a/b/c', 'files.json', 'metadata/metadata.json', 'metadata', 'images/x y', 'images\\x', '%2e%2e/x', 'images/']) t.match(await put(path, 'x'), { status: 400, body: { error: /\w/, message: /\w/ } }, path ?? 'none')
  t.match(await put('nothing/x.txt', 'x'), { status: 404, body: { error: /\w/, code: 'fileset_not_found' } })
  t.match(await put('images', 'x'), { status: 400 }, 'a name without an extension is that of a folder')
  t.match(await put('images/link.txt', 'x'), { status: /^(201|409)$/ })
  t.equal(await readFile(join(root, 'users.json'), 'utf8'), 'secret')
  t.strictSame(Object.keys(await everythingOfUsers(root)).filter(path => !(path in before)), [])
})

t.test('writing by a path needs the right to write', async t => {
  const { createFiles, call, join: account } = await startLab(t)
  await createFiles('plant', {})
  const token = await account('ada', 'reader')
  t.match(await call('POST', '/files/plant', { token, body: Buffer.from('x'), headers: { 'content-type': 'text/plain', 'x-file-path': 'x.txt' } }), { status: 403, body: { code: 'not_permitted', error: /\w/ } })
  t.match(await call('POST', '/files/unknown', { token, body: Buffer.from('x'), headers: { 'content-type': 'text/plain', 'x-file-path': 'x.txt' } }), { status: 404, body: { error: /\w/ } })
})

t.test('what an analysis has found', async t => {
  const { app, send, root, createScan } = await startLab(t)
  const [scan = ''] = await storeDemo(app.datasets)
  const skeleton = await send('GET', `/skeleton/${scan}`)
  t.equal(skeleton.status, 200)
  t.match(skeleton.headers['content-type'], /^application\/json/)
  t.strictSame(Object.keys(skeleton.body).sort(), ['lines', 'points'])
  const { body } = await send('GET', `/sequence/${scan}`)
  t.strictSame(Object.keys(body), ['angles', 'internodes', 'fruit_points'])
  for (const type of ['angles', 'internodes', 'fruit_points'] as const) t.strictSame((await send('GET', `/sequence/${scan}?type=${type}`)).body, body[type], type)
  t.strictSame((await send('GET', `/sequence/${scan}?type=manual_angles`)).body, [])
  await writeFile(join(root, scan, 'measures.json'), '{"angles":[1,2],"internodes":[3]}')
  t.match((await send('GET', `/sequence/${scan}?type=all`)).body, { manual_angles: [1, 2], manual_internodes: [3] })
  t.strictSame((await send('GET', `/sequence/${scan}?type=manual_internodes`)).body, [3])
  await writeFile(join(root, scan, 'measures.json'), '{')
  t.match(await send('GET', `/sequence/${scan}`), { status: 422, body: { code: 'file_unreadable', error: /\w/ } })
  t.equal((await send('GET', `/sequence/${scan}?type=else`)).status, 400)
  await createScan('bare')
  for (const path of ['/skeleton', '/sequence']) {
    t.match(await send('GET', `${path}/bare`), { status: 404, body: { code: 'fileset_not_found', error: /\w/ } })
    t.match(await send('GET', `${path}/unknown`), { status: 404, body: { code: 'scan_not_found', error: /\w/ } })
  }
  await send('POST', '/fileset/bare/CurveSkeleton_x', {})
  t.match(await send('GET', '/skeleton/bare'), { status: 404, body: { code: 'file_not_found' } })
})

t.test('a scan goes out as an archive and comes in again', async t => {
  const { app, call, send, admin, bytes, createFiles, join: account, root } = await startLab(t)
  await createFiles('plant', { 'a.txt': 'hello' })
  const { status, headers, data } = await bytes('/archive/plant')
  t.equal(status, 200)
  t.match(headers, { 'content-type': 'application/zip', 'content-length': String(data.length), 'content-disposition': /plant\.zip/ })
  const head = await app.inject({ method: 'HEAD', url: '/archive/plant', headers: { authorization: `Bearer ${admin}` } })
  t.strictSame([head.statusCode, head.body, head.headers['content-length']], [200, '', String(data.length)])

  const zip = (part = {}) => ({ name: 'zip_file', filename: 'plant.zip', type: 'application/zip', value: data, ...part })
  const imported = await sendForm(call, '/archive/copy', admin, zip())
  t.equal(imported.status, 200)
  t.strictSame(Object.keys(imported.body), ['message', 'files'])
  t.equal(imported.body.message, 'ZIP file processed successfully')
  t.strictSame(imported.body.files.toSorted(), ['files.json', 'images/a.txt', 'metadata/images.json', 'metadata/metadata.json'])
  t.notMatch(JSON.stringify(imported.body), root)
  t.equal((await send('GET', '/file/copy/images/a')).body, 'hello')

  t.match(await sendForm(call, '/archive/copy', admin, zip()), { status: 409, body: { code: 'scan_exists', error: /\w/, message: /\w/ } })
  for (const part of [{ name: 'file' }, { type: 'application/octet-stream' }, { type: 'application/x-zip-compressed' }, { filename: 'plant.tar' }, { value: 'no zip' }, { value: craft([...scanArchive(), { name: '../x', data: 'x' }]) }]) {
    t.match(await sendForm(call, '/archive/other', admin, zip(part)), { status: 400, body: { error: /\w/, message: /\w/ } }, JSON.stringify(part).slice(0, 50))
  }
  t.equal((await sendForm(call, '/archive/other', admin, field('x', 'y'))).status, 400)
  t.match(await call('POST', '/archive/other', { token: admin, body: data, headers: { 'content-type': 'application/zip' } }), { status: 400, body: { error: /\w/ } }, 'not as the body itself')
  t.match(await sendForm(call, '/archive/other', await account('ada', 'reader'), zip()), { status: 403, body: { error: /\w/ } })
  t.match(await sendForm(call, '/archive/other', undefined, zip()), { status: 401, body: { error: /\w/ } })
  t.match(await send('GET', '/archive/unknown'), { status: 404, body: { error: /\w/ } })
  t.strictSame((await send('GET', '/scans')).body, ['copy', 'plant'])
  t.strictSame(await unfinished(root), [])
})
