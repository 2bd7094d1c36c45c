import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { startLab } from '../../support/datasets.js'
import { askingMeanwhile } from '../../support/liveness.js'

const IMAGES = 12
const camera = { camera_model: { model: 'OPENCV' }, tvec: [1, 2, 3], rotmat: [[1, 0, 0], [0, 1, 0], [0, 0, 1]] }
/** Some 600 kB that take long to understand. */
const junk = Array.from({ length: 200_000 }, () => ({}))

/** A scan as other tools leave it, with a fileset of pictures and this metadata for each of them. */
async function leave (root: string, metadata: object, ofImages: object = {}): Promise<void> {
  const folder = join(root, 'plant')
  await mkdir(join(folder, 'metadata', 'images'), { recursive: true })
  await mkdir(join(folder, 'images'))
  const ids = Array.from({ length: IMAGES }, (_, i) => `i${i}`)
  for (const id of ids) {
    await writeFile(join(folder, 'images', `${id}.jpg`), '')
    await writeFile(join(folder, 'metadata', 'images', `${id}.json`), JSON.stringify(metadata))
  }
  await writeFile(join(folder, 'metadata', 'metadata.json'), '{}')
  await writeFile(join(folder, 'metadata', 'images.json'), JSON.stringify(ofImages))
  await writeFile(join(folder, 'files.json'), JSON.stringify({ filesets: [{ id: 'images', files: ids.map(id => ({ id, file: `${id}.jpg` })) }] }))
}

const query = encodeURIComponent('{"channel":"rgb"}')

t.test('large metadata of files are shown, and keep nobody from being answered', async t => {
  const lab = await startLab(t, { QUERY_TIMEOUT: '60' }, root => leave(root, { junk, channel: 'rgb', colmap_camera: camera }, { workspace: { x: [0, 1] } }))
  const { result: info, lasted, longest } = await askingMeanwhile(lab, () => lab.send('GET', '/scan/plant'))
  t.match(info, { status: 200, body: { metadata: { nbPhotos: IMAGES }, workspace: { x: [0, 1] }, camera: { model: { model: 'OPENCV' } } } })
  t.equal(info.body.camera.poses.length, IMAGES)
  t.ok(longest < lasted / 2, 'others were answered meanwhile')
  const infos = await lab.send('GET', '/scans_info')
  t.equal(infos.headers['content-type'], 'application/json; charset=utf-8')
  t.strictSame(infos.body, [info.body])
  t.equal((await lab.send('GET', `/fileset/plant/images/files?query=${query}`)).body.files.length, IMAGES)
})

t.test('an answer takes no more metadata than its bound, and a scan beyond it hides no other', async t => {
  const lab = await startLab(t, { QUERY_MAX_BYTES: '5000' }, root => leave(root, { channel: 'rgb', text: 'x'.repeat(1000) }))
  await lab.createScan('other')
  for (const url of ['/scan/plant', '/scans/plant', `/fileset/plant/images/files?query=${query}`]) {
    t.match(await lab.send('GET', url), { status: 422, body: { code: 'too_expensive', message: /QUERY_MAX_BYTES/ } }, url)
  }
  t.strictSame((await lab.send('GET', '/scans_info')).body.map(({ id }: { id: string }) => id), ['other'])
  t.equal((await lab.send('GET', '/fileset/plant/images/files')).body.files.length, IMAGES, 'without a query nothing is read')
})

t.test('what is large in itself is not shown', async t => {
  const large = 'x'.repeat(9000)
  const lab = await startLab(t, {}, root => leave(root, { channel: 'rgb', colmap_camera: { ...camera, tvec: large } }, { workspace: large }))
  t.match((await lab.send('GET', '/scan/plant')).body, { metadata: { nbPhotos: IMAGES }, workspace: {}, camera: {} })
})
