import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { storeDemo } from '#lib/demo/store.js'
import { startLab } from '../../support/datasets.js'

const keys = ['id', 'metadata', 'thumbnailUri', 'images', 'tasks_fileset', 'filesUri', 'isVirtual', 'hasColmap', 'hasPointCloud', 'hasTriangleMesh', 'hasCurveSkeleton', 'hasTreeGraph', 'hasAnglesAndInternodes', 'hasAutomatedMeasures', 'hasManualMeasures', 'hasSegmentation2D', 'hasPcdGroundTruth', 'hasPointCloudEvaluation', 'hasSegmentedPointCloud', 'hasSegmentedPcdEvaluation', 'error', 'workspace', 'camera']

t.test('a scan is shown with all that its clients look for, and every path in it leads somewhere', async t => {
  const { app, send, root, bytes, createScan } = await startLab(t)
  const [scan = ''] = await storeDemo(app.datasets)
  await writeFile(join(root, scan, 'measures.json'), '{"angles":[1,2],"internodes":[3]}')
  const { status, body } = await send('GET', `/scan/${scan}`)
  t.equal(status, 200)
  t.strictSame(Object.keys(body).sort(), keys.toSorted())
  t.strictSame(Object.keys(body.metadata), ['date', 'species', 'plant', 'environment', 'nbPhotos', 'files'])
  t.match(body.metadata.date, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
  t.equal(body.metadata.nbPhotos, 12)
  t.equal(body.images.length, 12)
  t.match(body.images[0], /^\w+\.jpg$/)
  t.strictSame(Object.keys(body.tasks_fileset).sort(), ['AnglesAndInternodes', 'CurveSkeleton', 'PointCloud', 'TriangleMesh', 'images'])
  t.strictSame(Object.keys(body.filesUri).sort(), ['mesh', 'pointCloud', 'skeleton'])
  for (const has of ['hasPointCloud', 'hasTriangleMesh', 'hasCurveSkeleton', 'hasAnglesAndInternodes', 'hasAutomatedMeasures']) t.equal(body[has], true, has)
  for (const has of ['isVirtual', 'hasColmap', 'hasTreeGraph', 'hasSegmentation2D', 'hasPcdGroundTruth', 'error']) t.equal(body[has], false, has)
  t.strictSame(Object.keys(body.workspace), ['x', 'y', 'z'])
  t.equal(body.camera.model.model, 'OPENCV')
  t.equal(body.camera.poses.length, 12)
  t.strictSame(Object.keys(body.camera.poses[0]), ['id', 'tvec', 'rotmat', 'photoUri', 'thumbnailUri'])
  const { thumbnailUri, metadata, filesUri, camera } = body
  for (const path of [thumbnailUri, metadata.files.metadata, metadata.files.archive, ...Object.values<string>(filesUri), camera.poses[0].photoUri, camera.poses[3].thumbnailUri]) t.equal((await bytes(path as string)).status, 200, path)

  t.equal(body.hasManualMeasures, true)
  await send('POST', `/scan/${scan}/metadata`, { metadata: { object: { species: 'Arabis', plant_id: 'p1', environment: 'Lyon' }, acquisition_date: '2020-01-02 03:04:05' } })
  t.match((await send('GET', `/scan/${scan}`)).body.metadata, { species: 'Arabis', plant: 'p1', environment: 'Lyon', date: '2020-01-02 03:04:05' }, 'what was worked out before does not stay')
  await send('POST', `/file/${scan}/images/00000_rgb/metadata`, { metadata: { channel: 'ir' } })
  t.equal((await send('GET', `/scan/${scan}`)).body.images.length, 11)

  await createScan('empty', { metadata: { object: 'a word', acquisition_date: 7 } })
  const { body: empty } = await send('GET', '/scan/empty')
  t.strictSame(Object.keys(empty).sort(), keys.toSorted())
  t.match(empty, { thumbnailUri: '', images: [], tasks_fileset: {}, filesUri: {}, workspace: {}, camera: {}, metadata: { species: 'N/A', plant: 'N/A', environment: 'N/A', nbPhotos: 0 } })
})

t.test('lists hold what may be read and fits', async t => {
  const { send, call, createScan, join } = await startLab(t)
  await createScan('b', { metadata: { object: { species: 'Arabis', n: 1 } } })
  await createScan('a', { metadata: { object: { species: 'Thale' } } })
  await createScan('hidden', { visibility: 'private' })
  const reader = await join('ada', 'reader')
  const ids = async (query: string, token?: string) => (await call('GET', `/scans${query}`, { token: token ?? (await send('POST', '/login', { username: 'admin', password: 'correct horse battery' })).body.access_token })).body
  t.strictSame(await ids('', reader), ['a', 'b'])
  t.strictSame(await ids(''), ['a', 'b', 'hidden'])
  const query = (value: unknown) => `?filterQuery=${encodeURIComponent(JSON.stringify(value))}`
  t.strictSame(await ids(query({ object: { species: 'Arabis' } }), reader), ['b'])
  t.strictSame(await ids(`${query({ object: { species: 'Ara' } })}&fuzzy=false`, reader), [], 'false is false')
  for (const yes of ['true', '1', 'yes', 'True']) t.strictSame(await ids(`${query({ object: { species: 'Ara' } })}&fuzzy=${yes}`, reader), ['b'], yes)
  t.strictSame(await ids('?filterQuery=&unknown=1&query=x', reader), ['a', 'b'])
  t.strictSame((await call('GET', `/scans_info${query({ object: { species: 'Thale' } })}`, { token: reader })).body.map(({ id }: any) => id), ['a'])
  for (const path of ['/scans', '/scans_info']) {
    for (const wrong of ['{', '[]', '"x"']) t.match(await call('GET', `${path}?filterQuery=${encodeURIComponent(wrong)}`, { token: reader }), { status: 400, body: { message: /\w/ } })
  }
})

t.test('a scan that is damaged does not take the others with it', async t => {
  const { send, createFiles, root } = await startLab(t)
  for (const id of ['good', 'bad', 'worse', 'odd']) await createFiles(id, { 'x.txt': 'x' })
  await writeFile(join(root, 'bad', 'files.json'), '{')
  await rm(join(root, 'worse', 'images'), { recursive: true })
  await writeFile(join(root, 'odd', 'metadata', 'images.json'), '[1')
  await mkdir(join(root, 'odd', 'metadata', 'images'), { recursive: true })
  await writeFile(join(root, 'odd', 'metadata', 'images', 'x.json'), 'nothing')
  t.equal((await send('GET', '/refresh')).status, 200)
  const { status, body } = await send('GET', '/scans_info')
  t.equal(status, 200)
  t.strictSame(body.map(({ id }: any) => id), ['good', 'odd', 'worse'])
  t.equal((await send('GET', '/scan/bad')).status, 404)
})

t.test('scans are created, once, with what is said of them', async t => {
  const { send, call, join } = await startLab(t)
  const contributor = await join('ada')
  const created = await call('POST', '/scan/plant', { token: contributor, body: { metadata: { a: 1, owner: 'admin', visibility: 'public', created: 'x' }, unknown: true } })
  t.strictSame([created.status, created.body], [201, { message: 'Scan created successfully', id: 'plant' }])
  const { body } = await call('GET', '/scan/plant/metadata', { token: contributor })
  t.match(body.metadata, { a: 1, owner: 'ada', created_by: 'ada' })
  t.notOk('visibility' in body.metadata)
  t.not(body.metadata.created, 'x')
  for (const [id, body] of [['one', {}], ['two', undefined], ['three', { metadata: null }]] as const) t.equal((await call('POST', `/scan/${id}`, { token: contributor, body })).status, 201, id)
  t.match(await call('POST', '/scan/plant', { token: contributor, body: {} }), { status: 409, body: { code: 'scan_exists' } })
  t.match(await call('POST', '/scan/other', { token: await join('grace', 'reader'), body: {} }), { status: 403 })
  for (const body of [{ metadata: 'x' }, { metadata: [] }, []]) t.equal((await call('POST', '/scan/other', { token: contributor, body })).status, 400, JSON.stringify(body))
  for (const name of ['.locks', '..%2Fx', 'a%20b', 'a%2Fb', 'x'.repeat(201), 'users.json', 'é']) t.equal((await send('POST', `/scan/${name}`, {})).status, 400, name)

  await send('POST', '/v1/groups', { name: 'team' })
  t.equal((await send('POST', '/scan/shared', { metadata: { sharing: ['team'] } })).status, 201)
  t.strictSame((await send('GET', '/scan/shared/metadata?key=sharing')).body, { metadata: ['team'] })
  t.equal((await send('POST', '/scan/shared2', { metadata: { sharing: ['nobody'] } })).status, 422)
})

t.test('metadata are set member by member, of scans, filesets and files', async t => {
  const { send, call, createFiles, join } = await startLab(t)
  await createFiles('plant', { 'a.txt': 'a' })
  const reader = await join('ada', 'reader')
  for (const path of ['/scan/plant', '/fileset/plant/images', '/file/plant/images/a']) {
    const url = `${path}/metadata`
    const before = (await send('GET', url)).body.metadata
    t.strictSame((await send('POST', url, { metadata: { deep: { a: 1 }, gone: null } })).body.metadata.deep, { a: 1 })
    const { status, body } = await send('POST', url, { metadata: { deep: { b: 2 }, said: true }, replace: true, more: 1 })
    t.equal(status, 200)
    t.strictSame(Object.keys(body), ['metadata'])
    t.match(body.metadata, { deep: { b: 2 }, said: true, gone: null })
    t.notOk('a' in body.metadata.deep, 'members are set, not merged')
    t.strictSame((await send('GET', url)).body, body)
    t.strictSame((await send('GET', `${url}?key=deep`)).body, { metadata: { b: 2 } })
    t.strictSame((await send('GET', `${url}?key=gone`)).body, { metadata: null })
    for (const key of ['nothing', 'toString', '__proto__']) t.strictSame((await send('GET', `${url}?key=${key}`)).body, { metadata: {} }, key)
    const older = await send('POST', `/api${url}`, { metadata: { only: 1 }, replace: true })
    t.equal(older.body.metadata.only, 1)
    t.notOk('said' in older.body.metadata, 'the older path replaces')
    t.equal((await send('POST', `/api${url}`, { metadata: { two: 2 } })).body.metadata.only, 1)
    t.strictSame(Object.keys((await send('GET', `/api${url}`)).body), ['metadata'])
    if (before.created !== undefined) t.equal((await send('GET', url)).body.metadata.created, before.created)
    for (const wrong of [{}, { metadata: [] }, { metadata: 'x' }, { metadata: null }, undefined]) t.match(await send('POST', url, wrong), { status: 400, body: { message: /\w/ } })
    t.equal((await call('POST', url, { token: reader, body: { metadata: {} } })).status, 403)
    t.equal((await call('GET', url, { token: reader })).status, 200)
    t.equal((await send('POST', url.replace('plant', 'unknown'), { metadata: {} })).status, 404)
  }
  const { body } = await send('POST', '/scan/plant/metadata', { metadata: { owner: 'ada', sharing: ['x'], visibility: 'public', created: 'x', created_by: 'x', last_modified: 'x' } })
  t.match(body.metadata, { owner: 'admin', created: /^\d{4}-/, last_modified: /^\d{4}-/ })
  for (const key of ['sharing', 'visibility']) t.notOk(key in body.metadata, key)
})

t.test('filesets are created with their own metadata, and listed', async t => {
  const { send, call, createFiles, join } = await startLab(t)
  await createFiles('plant', { 'b.txt': 'b', 'a.txt': 'a' })
  const created = await send('POST', '/fileset/plant/Task_1', { metadata: { task: 'Task', created_by: 'x' }, more: 1 })
  t.strictSame([created.status, created.body], [201, { message: "Fileset created successfully in 'plant'.", id: 'Task_1' }])
  const { metadata } = (await send('GET', '/fileset/plant/Task_1/metadata')).body
  t.match(metadata, { task: 'Task', created_by: 'Administrator' })
  t.notOk('owner' in metadata, 'not those of the scan')
  t.equal((await send('POST', '/fileset/plant/bare')).status, 201)
  t.match(await send('POST', '/fileset/plant/Task_1', {}), { status: 409, body: { code: 'fileset_exists' } })
  t.match(await send('POST', '/fileset/unknown/x', {}), { status: 404, body: { code: 'scan_not_found' } })
  t.equal((await call('POST', '/fileset/plant/x', { token: await join('ada', 'reader'), body: {} })).status, 403)
  for (const name of ['metadata', 'webcache', '..%2Fx', 'files.json']) t.equal((await send('POST', `/fileset/plant/${name}`, {})).status, 400, name)

  for (const root of ['', '/api']) {
    t.strictSame((await send('GET', `${root}/scan/plant/filesets`)).body, { filesets: ['images', 'Task_1', 'bare'] })
    t.strictSame((await send('GET', `${root}/fileset/plant/images/files`)).body, { files: ['b', 'a'] })
    t.match(await send('GET', `${root}/fileset/plant/nothing/files`), { status: 404, body: { code: 'fileset_not_found' } })
  }
  t.strictSame((await send('GET', `/scan/plant/filesets?query=${encodeURIComponent('{"task":"Ta"}')}&fuzzy=true`)).body, { filesets: ['Task_1'] })
  await send('POST', '/file/plant/images/a/metadata', { metadata: { channel: 'rgb' } })
  t.strictSame((await send('GET', `/fileset/plant/images/files?query=${encodeURIComponent('{"channel":"rgb"}')}`)).body, { files: ['a'] })
  t.equal((await send('GET', '/fileset/plant/images/files?query=channel')).status, 400)
})

t.test('older paths do the same', async t => {
  const { send } = await startLab(t)
  t.strictSame(await send('POST', '/api/scan', { name: 'plant', metadata: { a: 1 }, x: 1 }).then(({ status, body }) => [status, body]), [201, { message: 'Scan created successfully' }])
  t.match(await send('POST', '/api/scan', { name: 'plant' }), { status: 409 })
  for (const wrong of [{}, { name: '../x' }, { name: 1 }]) t.equal((await send('POST', '/api/scan', wrong)).status, 400)
  t.strictSame(await send('POST', '/api/fileset', { fileset_id: 'images', scan_id: 'plant', metadata: { b: 2 } }).then(({ status, body }) => [status, body]), [201, { message: "Fileset created successfully in 'plant'.", id: 'images' }])
  t.equal((await send('GET', '/fileset/plant/images/metadata?key=b')).body.metadata, 2)
  t.match(await send('POST', '/scans/second', {}), { status: 201, body: { id: 'second' } })
  t.strictSame((await send('GET', '/scans/second')).body, (await send('GET', '/scan/second')).body)
})

t.test('whoever may read has the folder read again, a few times a minute', async t => {
  const { send, call, createScan, root, clock } = await startLab(t, { RATE_LIMIT: 'on', GUEST_ACCESS: 'public' })
  await createScan('plant', { visibility: 'public' })
  await createScan('closed')
  await rename(join(root, 'plant'), join(root, 'other'))
  t.equal((await send('GET', '/scan/other')).status, 404)
  t.strictSame(await call('GET', '/refresh?scan_id=other').then(({ status, body }) => [status, body]), [200, { message: "Successfully reloaded scan 'other'." }])
  t.equal((await send('GET', '/scan/other')).status, 200)
  t.equal((await send('GET', '/refresh?scan_id=plant')).status, 404)
  t.strictSame((await send('GET', '/scans')).body, ['closed', 'other'], 'an unknown name leaves nothing behind')
  t.equal((await call('GET', '/refresh?scan_id=closed')).status, 401)
  for (const name of ['..', '.locks', '']) t.equal((await send('GET', `/refresh?scan_id=${name}`)).status, 400, name)
  t.equal((await send('GET', '/refresh?scan_id=users.json')).status, 404)

  clock.advance(60)
  t.strictSame((await call('GET', '/refresh')).body, { message: 'Successfully reloaded entire database with 1 scans.' }, 'what a guest may not read is not counted')
  const together = await Promise.all(Array.from({ length: 20 }, () => send('GET', '/refresh')))
  t.ok(together.every(({ status }) => status === 200), 'those who ask together share')
  t.strictSame(together[0]?.body, { message: 'Successfully reloaded entire database with 2 scans.' })
  const after: number[] = []
  for (let i = 0; i < 6; i++) after.push((await send('GET', '/refresh')).status)
  t.ok(after.includes(429))
  const refused = await send('GET', '/refresh')
  t.match(refused, { status: 429, body: { code: 'too_many_requests' }, headers: { 'retry-after': /^[1-9]\d?$/ } })
  clock.advance(60)
  t.equal((await send('GET', '/refresh')).status, 200)
})
