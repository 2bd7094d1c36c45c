import t, { type Test } from 'tap'
import { readCloud } from '#lib/geometry/ply.js'
import { startLab, type Lab } from '../../support/datasets.js'

const ply = (...points: number[][]): string => ['ply', 'format ascii 1.0', `element vertex ${points.length}`, 'property double x', 'property double y', 'property double z', 'end_header', ...points.map(point => point.join(' ')), ''].join('\n')
const mesh = ['ply', 'format ascii 1.0', 'element vertex 3', 'property float x', 'property float y', 'property float z', 'element face 1', 'property list uchar int vertex_indices', 'end_header', '0 0 0', '1 0 0', '0 1 0', '3 0 1 2', ''].join('\n')
const cloud = ply([0, 0, 0], [0.5, 0.5, 0.5], [10, 10, 10])

async function lab (t: Test, env: Record<string, string> = {}): Promise<Lab> {
  const lab = await startLab(t, env)
  await lab.createFiles('plant', { 'cloud.ply': cloud, 'mesh.ply': mesh, 'broken.ply': 'ply\nformat ascii 1.0\nelement vertex 5\n', 'large.ply': ply(...Array.from({ length: 500 }, (_, i) => [i, 0, 0])) })
  return lab
}

const pointsIn = (data: Buffer): number[] => [...readCloud(data).points]

for (const path of ['/pointcloud', '/pcGroundTruth']) {
  t.test(`${path} answers a cloud as stored, thinned out, and as numbers`, async t => {
    const { bytes, call, admin } = await lab(t)
    const url = `${path}/plant/images/cloud`
    const stored = await bytes(`${url}?size=orig`)
    t.equal(stored.status, 200)
    t.equal(stored.headers['content-type'], 'application/octet-stream')
    t.equal(stored.data.toString(), cloud)

    const preview = await bytes(url)
    t.equal(preview.headers['content-type'], 'application/octet-stream')
    t.strictSame(pointsIn(preview.data), [0.25, 0.25, 0.25, 10, 10, 10], 'a voxel of 1.8')
    t.strictSame((await bytes(`${url}?size=preview`)).data, preview.data)
    t.strictSame((await bytes(`${url}?size=nonsense`)).data, preview.data, 'what is not understood is a preview')
    t.strictSame(pointsIn((await bytes(`${url}?size=0.1`)).data).length, 9)
    t.strictSame(pointsIn((await bytes(`${url}?size=100`)).data).length, 3)

    const coordinates = async (query: string) => (await call('GET', `${url}?${query}`, { token: admin })).body
    t.strictSame(await coordinates('coords=true&size=orig'), { coordinates: [[0, 0, 0], [0.5, 0.5, 0.5], [10, 10, 10]] })
    t.strictSame(await coordinates('coords=yes'), { coordinates: [[0.25, 0.25, 0.25], [10, 10, 10]] })
    t.equal((await bytes(`${url}?coords=false&size=orig`)).data.toString(), cloud)

    const tag = String(preview.headers.etag)
    t.equal((await bytes(url, { 'if-none-match': tag })).status, 304)
    t.not((await bytes(`${url}?size=100`)).headers.etag, tag)
    t.equal((await bytes(url, { range: 'bytes=0-2' })).data.toString(), 'ply')
  })
}

t.test('/mesh answers a mesh as stored and as numbers', async t => {
  const { bytes, call, admin } = await lab(t)
  for (const query of ['', '?size=orig', '?size=preview']) t.equal((await bytes(`/mesh/plant/images/mesh${query}`)).data.toString(), mesh, query)
  t.strictSame((await call('GET', '/mesh/plant/images/mesh?coords=1', { token: admin })).body, { vertices: [[0, 0, 0], [1, 0, 0], [0, 1, 0]], triangles: [[0, 1, 2]] })
})

t.test('a result belongs to the file as it is now', async t => {
  const { bytes, upload } = await lab(t)
  t.equal(pointsIn((await bytes('/pointcloud/plant/images/cloud')).data).length, 6)
  t.equal((await upload('/v1/scans/plant/filesets/images/files/cloud', ply([1, 2, 3]), {}, 'PUT')).status, 200)
  t.strictSame(pointsIn((await bytes('/pointcloud/plant/images/cloud')).data), [1, 2, 3])
})

t.test('what cannot be read or may not be seen is refused', async t => {
  const { call, admin, join, send } = await lab(t, { MODEL_MAX_BYTES: '1000' })
  const get = (url: string, token?: string) => call('GET', url, token === undefined ? {} : { token })
  t.match(await get('/pointcloud/plant/images/broken', admin), { status: 422, body: { code: 'model_unreadable' } })
  t.match(await get('/mesh/plant/images/broken?coords=true', admin), { status: 422 })
  t.match(await get('/pointcloud/plant/images/large', admin), { status: 413, body: { code: 'model_too_large' } })
  t.equal((await get('/pointcloud/plant/images/large?size=orig', admin)).status, 200)
  t.equal((await get('/pointcloud/plant/images/none', admin)).status, 404)
  t.equal((await get('/pointcloud/plant/images/cloud')).status, 401)
  t.equal((await get('/pointcloud/plant/images/cloud', admin)).status, 200)
  const stranger = await join('stranger')
  t.equal((await get('/pointcloud/plant/images/cloud', stranger)).status, 200)
  await send('PUT', '/v1/scans/plant/sharing', { groups: [], visibility: 'private' })
  t.equal((await get('/pointcloud/plant/images/cloud', stranger)).status, 404, 'a kept result is not shown to whom the scan is not')
})
