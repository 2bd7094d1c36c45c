import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { startLab } from '../../support/datasets.js'
import { listed, plain, text, write } from './plantdb-folder.js'

type Damage = (scan: string) => Promise<unknown>

const instead = (path: string, content: string): Damage => async scan => await writeFile(join(scan, path), content)
const without = (path: string): Damage => async scan => await rm(join(scan, path), { recursive: true })
const folderInstead = (path: string): Damage => async scan => {
  await rm(join(scan, path))
  await mkdir(join(scan, path))
}
const fileInstead = (path: string): Damage => async scan => {
  await rm(join(scan, path), { recursive: true })
  await writeFile(join(scan, path), '')
}
const linkInstead = (path: string): Damage => async scan => {
  await rename(join(scan, path), `${scan}.${path}`)
  await symlink(`../${scan.split('/').at(-1)}.${path}`, join(scan, path))
}
const images = { files: listed('a.txt', 'b.txt'), id: 'images' }
/** The listing with more filesets, and with more files. */
const filesets = (...more: unknown[]): Damage => instead('files.json', text({ filesets: [...more, images] }))
const files = (...more: unknown[]): Damage => instead('files.json', text({ filesets: [{ ...images, files: [...more, ...images.files] }] }))

/** Damage after which nothing of a scan can be used, and what is said of it. */
const whole: Record<string, [Damage, string]> = {
  'no-listing': [without('files.json'), 'files.json is missing'],
  'cut-listing': [instead('files.json', text({ filesets: [images] }).slice(0, 60)), 'files.json is no valid JSON'],
  'empty-listing': [instead('files.json', ''), 'files.json is empty'],
  'no-filesets': [instead('files.json', '{}'), 'files.json has no list of filesets'],
  'filesets-no-list': [instead('files.json', '{"filesets": {}}'), 'files.json has no list of filesets'],
  'listing-a-folder': [folderInstead('files.json'), 'files.json is no file'],
  'listing-a-link': [linkInstead('files.json'), 'files.json is no file'],
  'metadata-no-object': [instead('metadata/metadata.json', '[1]'), 'metadata/metadata.json is no JSON object'],
  'metadata-cut': [instead('metadata/metadata.json', '{"owner": "al'), 'metadata/metadata.json is no valid JSON'],
  'metadata-a-folder': [folderInstead('metadata/metadata.json'), 'metadata/metadata.json is no file'],
  'no-metadata-folder': [without('metadata'), 'has no metadata folder'],
  'metadata-folder-a-file': [fileInstead('metadata'), 'has no metadata folder'],
  'empty-folder': [async scan => await rm(scan, { recursive: true }).then(() => mkdir(scan)), 'has no metadata folder'],
  'a bad name': [async () => {}, 'the name breaks the rule of names'],
  'a-link': [async scan => {
    await rm(scan, { recursive: true })
    await symlink('good', scan)
  }, 'is a symbolic link']
}

/** Damage of one entry, where it is and what is said of it. */
const entries: Record<string, [Damage, string, string]> = {
  'fileset-without-files': [filesets({ id: 'x' }), 'files.json', 'the fileset x has no list of files'],
  'fileset-without-id': [filesets({ files: [] }), 'files.json', 'a fileset has no id'],
  'fileset-no-object': [filesets('x'), 'files.json', 'an entry is no object'],
  'fileset-outside': [filesets({ files: listed('a.txt'), id: '../good/images' }), 'files.json', 'the id of a fileset breaks the rule of names'],
  'fileset-twice': [instead('files.json', text({ filesets: [images, { files: [], id: 'images' }] })), 'files.json', 'the fileset images is listed twice'],
  'fileset-not-there': [filesets({ files: listed('a.txt'), id: 'x' }), 'x', 'the folder of the fileset is missing'],
  'fileset-a-file': [async scan => {
    await filesets({ files: listed('a.txt'), id: 'x' })(scan)
    await writeFile(join(scan, 'x'), '')
  }, 'x', 'is no folder'],
  'file-not-there': [files(...listed('c.txt')), 'images/c.txt', 'is listed, but is not there as a file'],
  'file-null': [files({ file: null, id: 'c' }), 'files.json', 'images: the file c has no name'],
  'file-without-id': [files({ file: 'c.txt' }), 'files.json', 'images: a file has no id'],
  'file-no-object': [files(null), 'files.json', 'images: an entry is no object'],
  'file-outside': [files({ file: '../../good/images/a.txt', id: 'c' }), 'files.json', 'images: the name of the file c breaks the rule of names'],
  'file-twice': [instead('files.json', text({ filesets: [{ ...images, files: [...images.files, ...listed('a.txt')] }] })), 'files.json', 'images: the file a is listed twice']
}

t.test('a folder in which every scan but one is damaged', async t => {
  const { root, app, send, upload } = await startLab(t, {}, async root => {
    await plain(root, 'good')
    await write(root, { 'users.json': '{"alice": ', 'groups.json': '[]', romidb: '' })
    for (const [scan, [damage]] of [...Object.entries(whole), ...Object.entries(entries)]) {
      await plain(root, scan)
      await damage(join(root, scan))
    }
  })
  const content = async (scan: string, file: string): Promise<unknown> => {
    const { status, body } = await send('GET', `/v1/scans/${scan}/filesets/images/files/${file}`)
    return status === 200 ? body : status
  }
  const { faults } = await app.datasets.refresh()
  const faultsOf = (scan: string) => faults.filter(({ path }) => path === scan || path.startsWith(`${scan}/`))

  await t.test('serves the good one', async t => {
    t.equal(await content('good', 'a'), 'the first')
    t.strictSame(faultsOf('good'), [])
    const { body } = await send('GET', '/v1/scans?limit=500')
    t.strictSame(body.items.map(({ id }: { id: string }) => id), ['good', ...Object.keys(entries)].sort())
  })

  for (const [scan, [, reason]] of Object.entries(whole)) {
    await t.test(`reports ${scan} and does not serve it`, async t => {
      t.strictSame(faultsOf(scan), [{ path: scan, reason }])
      if (scan !== 'a bad name') t.match(await send('GET', `/v1/scans/${scan}`), { status: 404, body: { code: 'scan_not_found' } })
    })
  }

  for (const [scan, [, path, reason]] of Object.entries(entries)) {
    await t.test(`reports ${scan} and serves the rest`, async t => {
      t.strictSame(faultsOf(scan), [{ path: `${scan}/${path}`, reason }])
      t.strictSame([await content(scan, 'a'), await content(scan, 'b')], ['the first', 'the second'])
    })

    await t.test(`writes beside ${scan} and keeps it as it is`, async t => {
      const before = JSON.parse(await readFile(join(root, scan, 'files.json'), 'utf8'))
      const place = `/v1/scans/${scan}/filesets`
      t.equal((await send('POST', place, { id: 'more' })).status, 201)
      t.equal((await upload(`${place}/images/files?id=new&ext=txt`, 'the third')).status, 201)
      t.equal((await send('DELETE', `${place}/images/files/b`)).status, 204)
      const list = before.filesets.find((fileset: { id?: string }) => fileset?.id === 'images')
      list.files = [...list.files.filter((file: { id?: string } | null) => file?.id !== 'b'), ...listed('new.txt')]
      t.equal(await readFile(join(root, scan, 'files.json'), 'utf8'), text({ filesets: [...before.filesets, { files: [], id: 'more' }] }))
      t.strictSame([await content(scan, 'a'), await content(scan, 'b'), await content(scan, 'new')], ['the first', 404, 'the third'])
      t.strictSame((await app.datasets.refresh()).faults.filter(fault => fault.path.startsWith(`${scan}/`)), [{ path: `${scan}/${path}`, reason }])
    })
  }

  await t.test('serves what was repaired after a refresh', async t => {
    await rm(join(root, 'no-listing'), { recursive: true })
    await plain(root, 'no-listing')
    t.notMatch((await app.datasets.refresh()).faults, [{ path: 'no-listing' }])
    t.equal(await content('no-listing', 'b'), 'the second')
  })

  await t.test('serves a scan of whose files the metadata are damaged', async t => {
    await write(join(root, 'good/metadata'), { 'images/a.json': '{', 'images.json': '[]' })
    t.equal(await content('good', 'a'), 'the first')
    for (const place of ['images', 'images/files/a']) t.match(await send('GET', `/v1/scans/good/filesets/${place}/metadata`), { status: 409, body: { code: 'metadata_damaged' } })
    t.strictSame((await send('GET', '/v1/scans/good/metadata')).body.object, { species: 'fern' })
  })
})

t.test('a scan that is damaged after it was written to', { timeout: 30_000 }, async t => {
  const before = await startLab(t)
  for (const scan of ['good', 'cut', 'gone']) await before.createFiles(scan, { 'a.txt': 'the first' })
  await before.app.close()
  await writeFile(join(before.root, 'cut/files.json'), '{"filesets": [')
  await rm(join(before.root, 'gone/files.json'))

  const { app, send, upload } = await startLab(t, { DATA_DIR: before.root })
  t.equal((await send('GET', '/v1/scans/good/filesets/images/files/a')).body, 'the first')
  t.equal((await upload('/v1/scans/good/filesets/images/files?id=b', 'the second')).status, 201)
  t.strictSame((await app.datasets.refresh()).faults.sort((a, b) => a.path < b.path ? -1 : 1), [
    { path: 'cut', reason: 'files.json is no valid JSON' },
    { path: 'gone', reason: 'files.json is missing' }
  ], 'and the rest is served')
})
