import t from 'tap'
import { startLab } from '../support/datasets.js'

const MEMBERS = ['bytes', 'created', 'files', 'filesets', 'groups', 'id', 'last_modified', 'owner', 'thumbnail', 'visibility']
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

t.test('a scan is created, read and deleted', async t => {
  const { send } = await startLab(t)
  const created = await send('POST', '/v1/scans', { id: 'plant-1' })
  t.equal(created.status, 201)
  t.equal(created.headers.location, '/v1/scans/plant-1')
  t.strictSame(Object.keys(created.body).sort(), MEMBERS)
  t.match(created.body, { id: 'plant-1', owner: 'admin', visibility: 'shared', filesets: 0, files: 0, bytes: 0, thumbnail: null, created: RFC3339, last_modified: RFC3339 })
  t.strictSame(created.body.groups, [])
  t.strictSame((await send('GET', '/v1/scans/plant-1')).body, created.body)
  t.strictSame((await send('GET', '/v1/scans')).body, { items: [created.body], next: null })

  const deleted = await send('DELETE', '/v1/scans/plant-1')
  t.equal(deleted.status, 204)
  t.equal(deleted.body, '')
  t.match(await send('GET', '/v1/scans/plant-1'), { status: 404, body: { code: 'scan_not_found' } })
  t.strictSame((await send('GET', '/v1/scans')).body, { items: [], next: null })
  t.equal((await send('POST', '/v1/scans', { id: 'plant-1' })).status, 201, 'its name is free again')
})

t.test('a scan is created with metadata, groups and visibility', async t => {
  const { send } = await startLab(t)
  t.equal((await send('POST', '/v1/groups', { name: 'lab' })).status, 201)
  const metadata = { object: { species: 'Arabidopsis', tags: ['a', 'b'], 'a\nb': 'ä\u2028', empty: {}, none: null }, nbPhotos: 60, ratio: 0.1, ok: true }
  const { status, body } = await send('POST', '/v1/scans', { id: 'plant', metadata, sharing: ['lab'], visibility: 'private' })
  t.equal(status, 201)
  t.match(body, { owner: 'admin', groups: ['lab'], visibility: 'private' })
  const kept = (await send('GET', '/v1/scans/plant/metadata')).body
  t.match(kept, metadata)
  t.strictSame(kept.object, metadata.object)
  t.strictSame([kept.owner, kept.sharing, kept.visibility, kept.created_by], ['admin', ['lab'], 'private', (await send('GET', '/v1/users/me')).body.fullname])
  t.match(kept.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/, 'as PlantDB writes it')
})

t.test('nobody says in the metadata whose a scan is', async t => {
  const { call, join, send } = await startLab(t)
  const token = await join('ada')
  const metadata = { owner: 'admin', sharing: ['lab'], visibility: 'public', created: '1999-01-01', created_by: 'Nobody', last_modified: '1999-01-01', species: 'Oak' }
  const { status, body } = await call('POST', '/v1/scans', { token, body: { id: 'plant', metadata } })
  t.equal(status, 201)
  t.match(body, { owner: 'ada', visibility: 'shared' })
  t.strictSame(body.groups, [])
  t.notMatch(body.created, /^1999/)
  const kept = (await send('GET', '/v1/scans/plant/metadata')).body
  t.strictSame([kept.owner, kept.sharing, kept.visibility, kept.created_by, kept.species], ['ada', undefined, undefined, 'ada', 'Oak'])
})

t.test('a scan counts what is in it', async t => {
  const { send, createFiles, upload } = await startLab(t)
  await createFiles('plant', { 'a.txt': '12345', 'b.jpg': '1234567' })
  const first = (await send('GET', '/v1/scans/plant')).body
  t.match(first, { filesets: 1, files: 2, bytes: 12, thumbnail: '/v1/scans/plant/filesets/images/files/b/image?size=thumb' })
  await send('POST', '/v1/scans/plant/filesets', { id: 'more' })
  await upload('/v1/scans/plant/filesets/more/files?id=c', '123')
  await upload('/v1/scans/plant/filesets/images/files/a', '1', {}, 'PUT')
  t.match((await send('GET', '/v1/scans/plant')).body, { filesets: 2, files: 3, bytes: 11 })
  await send('DELETE', '/v1/scans/plant/filesets/images/files/b')
  t.match((await send('GET', '/v1/scans/plant')).body, { files: 2, bytes: 4, thumbnail: null })
  await send('DELETE', '/v1/scans/plant/filesets/more')
  const last = (await send('GET', '/v1/scans/plant')).body
  t.match(last, { filesets: 1, files: 1, bytes: 1 })
  t.equal(last.created, first.created)
  t.ok(last.last_modified > first.created, 'and knows that it has changed')
})

t.test('one of those who create a scan at the same time has created it', async t => {
  const { send } = await startLab(t)
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => send('POST', '/v1/scans', { id: 'plant', metadata: { i } })))
  t.strictSame(answers.map(({ status }) => status).sort(), [201, ...Array<number>(9).fill(409)])
  t.ok(answers.filter(({ status }) => status === 409).every(({ body }) => body.code === 'scan_exists'))
  const winner = answers.findIndex(({ status }) => status === 201)
  t.equal((await send('GET', '/v1/scans/plant/metadata')).body.i, winner)
})

t.test('the owner and the sharing of a scan are changed', async t => {
  const { send, createUser, createScan } = await startLab(t)
  await createUser('ada')
  await createScan('plant', { metadata: { species: 'Oak' } })
  t.equal((await send('POST', '/v1/groups', { name: 'lab' })).status, 201)
  t.match(await send('PUT', '/v1/scans/plant/owner', { owner: 'Ada' }), { status: 200, body: { id: 'plant', owner: 'ada' } })
  t.match(await send('PUT', '/v1/scans/plant/sharing', { groups: ['lab'], visibility: 'public' }), { status: 200, body: { owner: 'ada', groups: ['lab'], visibility: 'public' } })
  t.match((await send('GET', '/v1/scans/plant')).body, { owner: 'ada', groups: ['lab'], visibility: 'public' })
  t.match((await send('GET', '/v1/scans/plant/metadata')).body, { species: 'Oak', owner: 'ada', sharing: ['lab'], visibility: 'public' })
  t.strictSame((await send('PUT', '/v1/scans/plant/sharing', { groups: [], visibility: 'private' })).body.groups, [])
})

t.test('scans are not given to nobody, nor shared with groups that do not exist', async t => {
  const { send, createScan } = await startLab(t)
  const before = await createScan('plant')
  t.match(await send('PUT', '/v1/scans/plant/owner', { owner: 'nobody' }), { status: 422, body: { code: 'owner_unknown' } })
  t.match(await send('PUT', '/v1/scans/plant/sharing', { groups: ['nowhere'], visibility: 'shared' }), { status: 422, body: { code: 'group_unknown' } })
  t.match(await send('POST', '/v1/scans', { id: 'other', sharing: ['nowhere'] }), { status: 422, body: { code: 'group_unknown' } })
  for (const body of [{}, { owner: null }, { owner: 7 }, { owner: '' }, { owner: 'admin', more: 1 }]) t.match(await send('PUT', '/v1/scans/plant/owner', body), { status: 400, body: { code: 'invalid_request' } })
  for (const body of [{}, { groups: [] }, { visibility: 'shared' }, { groups: 'lab', visibility: 'shared' }, { groups: [], visibility: 'secret' }, { groups: [7], visibility: 'shared' }, { groups: ['a', 'a'], visibility: 'shared' }, { groups: [], visibility: 'shared', owner: 'admin' }]) {
    t.match(await send('PUT', '/v1/scans/plant/sharing', body), { status: 400, body: { code: 'invalid_request' } }, JSON.stringify(body))
  }
  for (const more of [{ owner: 'ada' }, { visibility: 'secret' }, { visibility: null }, { sharing: 'lab' }, { created: '1999' }]) {
    t.match(await send('POST', '/v1/scans', { id: 'other', ...more }), { status: 400, body: { code: 'invalid_request' } }, JSON.stringify(more))
  }
  t.match(await send('GET', '/v1/scans/other'), { status: 404, body: { code: 'scan_not_found' } })
  t.strictSame((await send('GET', '/v1/scans/plant')).body, before)
})
