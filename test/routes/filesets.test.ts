import t from 'tap'
import { startLab } from '../support/datasets.js'

const SETS = '/v1/scans/plant/filesets'

t.test('a fileset is created, read and deleted with all of its files', async t => {
  const { send, upload, createScan } = await startLab(t)
  await createScan('plant')
  const created = await send('POST', SETS, { id: 'images', metadata: { channels: ['rgb'], created: '1999', created_by: 'Nobody' } })
  t.equal(created.status, 201)
  t.equal(created.headers.location, `${SETS}/images`)
  t.strictSame(Object.keys(created.body).sort(), ['bytes', 'created', 'files', 'id', 'last_modified', 'scan'])
  t.match(created.body, { id: 'images', scan: 'plant', files: 0, bytes: 0 })
  const metadata = (await send('GET', `${SETS}/images/metadata`)).body
  t.strictSame(metadata.channels, ['rgb'], 'its metadata are its own')
  t.notMatch(metadata.created, /1999/)
  t.equal((await upload(`${SETS}/images/files?id=leaf&ext=txt`, 'a leaf')).status, 201)
  t.match((await send('GET', `${SETS}/images`)).body, { files: 1, bytes: 6 })

  t.equal((await send('DELETE', `${SETS}/images`)).status, 204)
  for (const path of ['', '/metadata', '/files', '/files/leaf', '/files/leaf/metadata']) {
    t.match(await send('GET', `${SETS}/images${path}`), { status: 404, body: { code: 'fileset_not_found' } }, path)
  }
  t.equal((await send('POST', SETS, { id: 'images' })).status, 201)
  t.strictSame((await send('GET', `${SETS}/images/files`)).body, { items: [], next: null }, 'the next one of that name is empty')
  t.notOk('channels' in (await send('GET', `${SETS}/images/metadata`)).body)
})

t.test('filesets are listed by name, page by page', async t => {
  const { send, createScan } = await startLab(t)
  await createScan('plant')
  const ids = ['images', 'Colmap_1', 'a.b-c_d', '0', 'PointCloud', 'zz', 'Z']
  for (const id of ids) t.equal((await send('POST', SETS, { id })).status, 201)
  for (const limit of [1, 2, 3, 7, 500]) {
    const found: string[] = []
    let cursor: string | null = ''
    while (cursor !== null && found.length < 20) {
      const { body } = await send('GET', `${SETS}?limit=${limit}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)
      t.ok(body.items.length > 0 && body.items.length <= limit)
      found.push(...body.items.map(({ id }: { id: string }) => id))
      cursor = body.next
    }
    t.strictSame(found, ids.toSorted(), `pages of ${limit}`)
  }
})

t.test('what is asked of lists of filesets and files is checked', async t => {
  const { send, createFiles } = await startLab(t)
  await createFiles('plant', { 'leaf.txt': 'a leaf' })
  for (const url of [SETS, `${SETS}/images/files`]) {
    for (const query of ['limit=0', 'limit=501', 'limit=-1', 'limit=1.5', 'limit=many', 'limit=1&limit=2', 'cursor=!!!', 'cursor=Li4vLi4', 'cursor=', 'sort=id', 'query={}']) {
      t.match(await send('GET', `${url}?${query}`), { status: 400, body: { code: 'invalid_request' } }, query)
    }
    for (const limit of [1, 500]) t.equal((await send('GET', `${url}?limit=${limit}`)).status, 200)
  }
})

t.test('filesets that are created at the same time are all there, and one of each name', async t => {
  const { send, createScan } = await startLab(t)
  await createScan('plant')
  const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => send('POST', SETS, { id: `set-${i % 15}` })))
  t.equal(answers.filter(({ status }) => status === 201).length, 15)
  t.ok(answers.filter(({ status }) => status !== 201).every(({ status, body }) => status === 409 && body.code === 'fileset_exists'))
  t.equal((await send('GET', SETS)).body.items.length, 15)
  t.equal((await send('GET', '/v1/scans/plant')).body.filesets, 15)
})
