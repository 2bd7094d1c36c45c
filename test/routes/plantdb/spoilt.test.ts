import sharp from 'sharp'
import t from 'tap'
import { startLab } from '../../support/datasets.js'

const deep = (levels: number): string => `${'['.repeat(levels)}1${']'.repeat(levels)}`

t.test('what one upload brings spoils no list and no service', async t => {
  const { send, upload, createFiles } = await startLab(t)
  const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'green' } }).jpeg().toBuffer()
  await createFiles('plant', { 'a.jpg': picture, 'b.jpg': picture, 'cloud.ply': 'ply' })
  const files = '/v1/scans/plant/filesets/images/files'

  await t.test('a picture without a pose beside one with a pose', async t => {
    await send('PUT', `${files}/a/metadata`, { channel: 'rgb', colmap_camera: { tvec: [1, 2, 3], rotmat: [[1]] } })
    await send('PUT', `${files}/b/metadata`, { channel: 'rgb' })
    const { status, body } = await send('GET', '/scans_info')
    t.equal(status, 200)
    t.strictSame(body[0].images, ['a.jpg', 'b.jpg'])
    t.strictSame(body[0].camera.poses.map(({ id }: { id: string }) => id), ['a'])
    t.equal(body[0].camera.model, null)
  })

  await t.test('a file as text that is no picture, or a large one', async t => {
    for (const url of ['/image/plant/images/cloud', `${files}/cloud/image`]) {
      t.match(await send('GET', `${url}?size=orig&as_base64=true`), { status: 422, body: { code: 'image_unreadable' } })
      t.equal((await send('GET', `${url}?size=orig`)).status, 200)
    }
    t.equal((await upload(`${files}?id=large&ext=jpg`, Buffer.alloc(17 * 2 ** 20))).status, 201)
    t.match(await send('GET', '/image/plant/images/large?size=orig&as_base64=true'), { status: 413, body: { code: 'image_too_large' } })
    t.equal((await send('GET', '/image/plant/images/a?size=orig&as_base64=true')).body.image, picture.toString('base64'))
  })

  await t.test('files in the place of folders', async t => {
    const put = async (path: string): Promise<number> => (await upload('/files/plant', 'x', { 'x-file-path': path })).status
    t.strictSame(await Promise.all(['images', 'metadata', 'webcache', 'other', 'files.json', '.hidden.txt', 'a.bin'].map(put)), [400, 400, 400, 400, 400, 400, 400])
    t.equal(await put('notes.txt'), 201)
    t.equal(await put('measures.json'), 201)
  })

  await t.test('documents that are nested too deeply', async t => {
    await send('POST', '/v1/scans/plant/filesets', { id: 'AnglesAndInternodes' })
    t.equal((await upload('/v1/scans/plant/filesets/AnglesAndInternodes/files?id=AnglesAndInternodes&ext=json', `{"angles":${deep(100_000)}}`)).status, 201)
    t.equal((await send('GET', '/sequence/plant')).body.code, 'file_unreadable', 'measures that are no JSON')
    t.equal((await upload('/files/plant', '{}', { 'x-file-path': 'measures.json' })).status, 201)
    const { status, body } = await send('GET', '/sequence/plant')
    t.equal(status, 200)
    t.equal(JSON.stringify(body.angles), `${'['.repeat(99)}null${']'.repeat(99)}`)
  })

  await t.test('groups without number', async t => {
    const groups = Array.from({ length: 101 }, (_, i) => `g${i}`)
    t.equal((await send('POST', '/scan/shared', { metadata: { sharing: groups } })).status, 400)
    t.equal((await send('POST', '/scan/shared', { metadata: { sharing: groups.slice(1) } })).status, 422)
  })
})
