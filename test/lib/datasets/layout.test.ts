import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import { cacheName } from '#lib/datasets/previews.js'
import { everythingIn, startLab } from '../../support/datasets.js'
import { listed, text, write } from './plantdb-folder.js'

const picture = (): Promise<Buffer> => sharp({ create: { width: 300, height: 200, channels: 3, background: '#2a6' } }).jpeg().toBuffer()

t.test('a scan that is made through the service', async t => {
  const { root, send, upload, bytes } = await startLab(t)
  const scan = '/v1/scans/fern'
  const jpeg = await picture()
  const done = [
    await send('POST', '/v1/scans', { id: 'fern', metadata: { object: { species: 'fern' } } }),
    await send('POST', `${scan}/filesets`, { id: 'images', metadata: { channel: 'rgb' } }),
    await send('POST', `${scan}/filesets`, { id: 'Empty_1-0' }),
    await upload(`${scan}/filesets/images/files?id=00001_rgb&ext=jpg&metadata={"shot_id":"00001"}`, jpeg),
    await upload(`${scan}/filesets/images/files?id=00000_rgb&ext=.jpg`, jpeg),
    await upload(`${scan}/filesets/images/files?id=notes`, 'no extension'),
    await send('PATCH', `${scan}/filesets/images/files/notes/metadata`, { language: 'en' })
  ]
  t.strictSame(done.map(({ status }) => status), [201, 201, 201, 201, 201, 201, 200])
  t.equal((await bytes(`${scan}/filesets/images/files/00000_rgb/image?size=thumb`)).status, 200)

  await t.test('lies in the folder as PlantDB lays it out', async t => {
    t.strictSame(Object.keys(await everythingIn(join(root, 'fern'))).sort(), [
      'Empty_1-0/',
      'files.json',
      'images/',
      'images/00000_rgb.jpg',
      'images/00001_rgb.jpg',
      'images/notes',
      'metadata/',
      'metadata/Empty_1-0.json',
      'metadata/images.json',
      'metadata/images/',
      'metadata/images/00001_rgb.json',
      'metadata/images/notes.json',
      'metadata/metadata.json',
      'webcache/',
      `webcache/${cacheName('fern', 'images', '00000_rgb', 'thumb')}`
    ])
    t.strictSame(Object.keys(await everythingIn(root)).filter(path => !/^(\.guardcell|fern)\//.test(path)), [], 'there is nothing else in the database')
  })

  await t.test('is listed byte for byte as PlantDB would list it', async t => {
    t.equal(await readFile(join(root, 'fern/files.json'), 'utf8'), `{
    "filesets": [
        {
            "files": [
                {
                    "file": "00001_rgb.jpg",
                    "id": "00001_rgb"
                },
                {
                    "file": "00000_rgb.jpg",
                    "id": "00000_rgb"
                },
                {
                    "file": "notes",
                    "id": "notes"
                }
            ],
            "id": "images"
        },
        {
            "files": [],
            "id": "Empty_1-0"
        }
    ]
}`)
  })

  await t.test('has its metadata and contents where PlantDB looks for them', async t => {
    const json = async (path: string): Promise<any> => JSON.parse(await readFile(join(root, 'fern/metadata', path), 'utf8'))
    t.match(await json('metadata.json'), { object: { species: 'fern' }, owner: 'admin', created: String, last_modified: String, created_by: String })
    t.match(await json('images.json'), { channel: 'rgb', created: String, last_modified: String, created_by: String })
    t.strictSame(await json('images/00001_rgb.json'), { shot_id: '00001' })
    t.strictSame(await json('images/notes.json'), { language: 'en' })
    t.strictSame(await readFile(join(root, 'fern/images/00001_rgb.jpg')), jpeg)
  })

  await t.test('leaves nothing behind when it is removed piece by piece', async t => {
    for (const path of ['images/files/00000_rgb', 'images/files/notes', 'images', 'Empty_1-0']) t.equal((await send('DELETE', `${scan}/filesets/${path}`)).status, 204, path)
    t.strictSame(Object.keys(await everythingIn(join(root, 'fern'))), ['files.json', 'metadata/', 'metadata/metadata.json', 'webcache/'])
    t.equal(await readFile(join(root, 'fern/files.json'), 'utf8'), text({ filesets: [] }))
    t.equal((await send('DELETE', scan)).status, 204)
    await t.rejects(access(join(root, 'fern')), { code: 'ENOENT' })
  })
})

t.test('a folder that PlantDB has made', async t => {
  const scan = '/v1/scans/real_plant'
  const png = await sharp(await picture()).png().toBuffer()
  const { root, send, bytes, app } = await startLab(t, {}, async root => await write(root, {
    romidb: '',
    'users.json': '{"admin": {}}',
    'groups.json': '{}',
    '.locks/lock_manager.log': 'started',
    'real_plant/files.json': text({ filesets: [{ files: listed('00000_rgb.png', '00001_rgb.png'), id: 'images' }, { files: listed('AnglesAndInternodes.json'), id: 'AnglesAndInternodes_1_0_2_0_6_0' }] }),
    'real_plant/metadata/metadata.json': text({ created: '2024-04-19 10:11:12', name: 'real_plant' }),
    'real_plant/metadata/images.json': text({ acquisition_date: '2024-04-19 10:11:12', hardware: { camera: 'X' }, object: { species: 'Arabidopsis' }, channels: ['rgb'] }),
    'real_plant/metadata/images/00000_rgb.json': text({ pose: [1, 2, 3, 4, 5] }),
    'real_plant/metadata/AnglesAndInternodes_1_0_2_0_6_0.json': text({ task_name: 'AnglesAndInternodes' }),
    'real_plant/images/00000_rgb.png': png,
    'real_plant/images/00001_rgb.png': png,
    'real_plant/AnglesAndInternodes_1_0_2_0_6_0/AnglesAndInternodes.json': '{"angles": [1.5]}',
    'real_plant/webcache/0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33.jpeg': 'an old preview',
    'real_plant/measures.json': '{"angles": [1], "internodes": [2]}',
    'real_plant/scan.toml': '[Scan]\n',
    'real_plant/pipeline.toml': '',
    'real_plant/backup.json': '{}'
  }))
  const before = await everythingIn(root)
  const users = (all: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(all).filter(([path]) => !path.startsWith('.guardcell')))

  await t.test('is served as it is', async t => {
    t.strictSame((await app.datasets.refresh()).faults, [])
    t.match((await send('GET', '/v1/scans')).body.items, [{ id: 'real_plant', owner: null, visibility: 'shared', filesets: 2, files: 3, created: '2024-04-19T10:11:12.000Z' }])
    t.strictSame((await send('GET', `${scan}/filesets`)).body.items.map(({ id, files }: { id: string, files: number }) => [id, files]), [['AnglesAndInternodes_1_0_2_0_6_0', 1], ['images', 2]])
    t.strictSame((await bytes(`${scan}/filesets/images/files/00001_rgb`)).data, png)
    t.match((await send('GET', `${scan}/filesets/AnglesAndInternodes_1_0_2_0_6_0/files/AnglesAndInternodes`)).body, { angles: [1.5] })
  })

  await t.test('shows the metadata of its pictures as those of the scan', async t => {
    const { body } = await send('GET', `${scan}/metadata`)
    t.match(body, { name: 'real_plant', object: { species: 'Arabidopsis' }, hardware: { camera: 'X' }, acquisition_date: '2024-04-19 10:11:12' })
    t.notOk('channels' in body)
    t.strictSame((await send('GET', `${scan}/filesets/images/files/00000_rgb/metadata`)).body, { pose: [1, 2, 3, 4, 5] })
    t.strictSame((await send('GET', `${scan}/filesets/images/files/00001_rgb/metadata`)).body, {})
  })

  await t.test('is found by what is said of it', async t => {
    t.equal((await send('GET', `/v1/scans?query=${encodeURIComponent('{"object":{"species":"Arabidopsis"}}')}`)).body.items.length, 1)
  })

  await t.test('serves nothing that no listing has', async t => {
    for (const path of ['webcache', 'metadata', 'measures.json', 'backup.json']) t.equal((await send('GET', `${scan}/filesets/${path}`)).status, 404, path)
    for (const path of ['users.json', 'groups.json', 'romidb', '.locks', '.guardcell']) t.notOk((await send('GET', `/v1/scans/${path}`)).status < 400, path)
  })

  t.strictSame(users(await everythingIn(root)), users(before), 'and nothing of it is changed on disk')
})
