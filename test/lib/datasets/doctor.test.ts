import { mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { runCommand } from '#lib/cli.js'
import { startLab } from '../../support/datasets.js'
import { ownPrefix } from '../../support/app.js'
import { listed, plain, text, write } from './plantdb-folder.js'

/** Every kind of damage that there is a remedy for, one scan each, and one that is whole. */
const damage: Record<string, (folder: string) => Promise<void>> = {
  'no-listing': folder => rm(join(folder, 'files.json')),
  'broken-listing': folder => writeFile(join(folder, 'files.json'), '{ "filesets": ['),
  'broken-metadata': folder => writeFile(join(folder, 'metadata/metadata.json'), 'x'),
  'no-metadata-folder': folder => rm(join(folder, 'metadata'), { recursive: true }),
  'broken-entries': folder => writeFile(join(folder, 'files.json'), text({ filesets: [{ files: [{ file: null, id: 'lost' }, ...listed('a.txt', 'b.txt')], id: 'images' }, { files: [] }] })),
  'missing-file': folder => rm(join(folder, 'images/b.txt')),
  'missing-fileset': folder => writeFile(join(folder, 'files.json'), text({ filesets: [{ files: listed('a.txt', 'b.txt'), id: 'images' }, { files: [], id: 'gone' }] })),
  'broken-file-metadata': folder => writeFile(join(folder, 'metadata/images/a.json'), '[1]'),
  'broken-fileset-metadata': folder => writeFile(join(folder, 'metadata/images.json'), '{'),
  'stray-file': folder => writeFile(join(folder, 'images/stray.txt'), 'of an upload that was never answered')
}

const prepare = async (root: string): Promise<void> => {
  for (const scan of ['whole', ...Object.keys(damage)]) await plain(root, scan)
  for (const [scan, harm] of Object.entries(damage)) await harm(join(root, scan))
}

t.test('the doctor finds all damage, mends what can be mended, and throws nothing away', async t => {
  const { app, root, call, admin, join: signUp } = await startLab(t, {}, prepare)
  const { doctor } = app.datasets
  const found = await doctor.examine()
  t.strictSame([...new Set(found.map(({ scan }) => scan))].sort(), Object.keys(damage).sort(), 'each damaged scan, and only those')
  t.ok(found.every(({ remedy }) => remedy !== undefined))

  const mended = await doctor.mend()
  t.strictSame([...new Set(mended.map(({ path }) => path))].sort(), [...new Set(found.map(({ path }) => path))].sort())
  t.strictSame(await doctor.examine(), [])
  t.strictSame((await app.datasets.refresh()).faults, [])

  const read = (path: string) => readFile(join(root, path), 'utf8')
  const filesOf = async (scan: string) => ((await call('GET', `/v1/scans/${scan}/filesets/images/files`, { token: admin })).body.items as Array<{ id: string }>).map(({ id }) => id)
  for (const scan of Object.keys(damage)) t.strictSame(await filesOf(scan), scan === 'missing-file' ? ['a'] : ['a', 'b'], scan)
  t.strictSame(JSON.parse(await read('broken-entries/files.json')), { filesets: [{ files: listed('a.txt', 'b.txt'), id: 'images' }] })

  const documentWorker = (await readdir(join(root, '.guardcell/lost+found'), { recursive: true })).filter(path => /\.\d+$/.test(path)).map(path => path.replace(/\.\d+$/, '')).sort()
  t.strictSame(documentWorker, [
    'broken-entries/files.json', 'broken-file-metadata/metadata/images/a.json', 'broken-fileset-metadata/metadata/images.json', 'broken-listing/files.json',
    'broken-metadata/metadata/metadata.json', 'missing-file/files.json', 'missing-fileset/files.json', 'stray-file/images/stray.txt'
  ])

  const ada = await signUp('ada')
  for (const scan of ['broken-metadata', 'no-metadata-folder']) {
    t.equal((await call('GET', `/v1/scans/${scan}`, { token: ada })).status, 404, 'nobody but admins sees a scan whose metadata are lost')
    t.equal((await call('GET', `/v1/scans/${scan}`, { token: admin })).status, 200)
  }
})

t.test('what only a human can judge is said and left alone', async t => {
  const { app, root } = await startLab(t, {}, async root => {
    await plain(root, 'whole')
    await mkdir(join(root, 'empty'))
    await mkdir(join(root, 'a name with spaces'))
    await symlink(join(root, 'whole'), join(root, 'link'))
    await write(root, { 'odd/metadata': 'a file', 'odd/files.json': '{"filesets":[]}' })
    await mkdir(join(root, 'folder/files.json'), { recursive: true })
    await mkdir(join(root, 'folder/metadata'))
  })
  const before = (await readdir(root, { recursive: true })).filter(path => !path.startsWith('.guardcell')).sort()
  const found = await app.datasets.doctor.examine()
  t.strictSame(found.map(({ path }) => path).sort(), ['a name with spaces', 'empty', 'folder/files.json', 'link', 'odd/metadata'])
  t.ok(found.every(({ remedy }) => remedy === undefined))
  t.strictSame(await app.datasets.doctor.mend(), [])
  t.strictSame((await readdir(root, { recursive: true })).filter(path => !path.startsWith('.guardcell')).sort(), before)
})

t.test('a listing that is made anew gives two files of one stem two ids', async t => {
  const { app, root } = await startLab(t, {}, root => write(root, { 'plant/metadata/metadata.json': '{}', 'plant/images/leaf.jpg': 'x', 'plant/images/leaf.json': 'y', 'plant/images/.hidden': 'z' }))
  await app.datasets.doctor.mend()
  t.match(await readFile(join(root, 'plant/files.json'), 'utf8'), /^\{\n {4}"filesets": \[\n {8}\{/, 'indented as by PlantDB')
  t.strictSame(JSON.parse(await readFile(join(root, 'plant/files.json'), 'utf8')), { filesets: [{ files: [{ file: 'leaf.jpg', id: 'leaf' }, { file: 'leaf.json', id: 'leaf.json' }], id: 'images' }] })
})

t.test('the command line examines, mends and adds the demonstration scans', async t => {
  const { root } = await startLab(t, {}, prepare)
  const run = (...args: string[]) => runCommand(args, { REDIS_URL: process.env.REDIS_URL, REDIS_PREFIX: ownPrefix(), JWT_SECRET_KEY: 'a passphrase of a lab', DATA_DIR: root })
  t.match(await run('doctor'), { code: 0, text: /^stray-file\/images\/stray\.txt: is in no list \[--fix: set documentWorker\]$/m })
  t.match((await run('doctor', '--fix')).text, /Nothing is wrong with the data sets\.\n$/)
  t.match(await run('doctor'), { code: 0, text: 'Nothing is wrong with the data sets.\n' })
  t.match(await run('doctor', '--mend'), { code: 2, text: /Usage/ })
  t.match(await run('demo'), { code: 0, text: 'Added demo_arabidopsis and demo_maize.\n' })
  t.match(await run('demo'), { code: 0, text: 'The demonstration scans are there already.\n' })
  t.match(await run('doctor'), { code: 0, text: 'Nothing is wrong with the data sets.\n' })
})
