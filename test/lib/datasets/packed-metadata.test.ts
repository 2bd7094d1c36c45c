import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { layoutOf } from '#lib/datasets/layout.js'
import { unpackMetadata } from '#lib/datasets/packed-metadata.js'
import { readScan } from '#lib/datasets/read-scan.js'
import { ScanIndex } from '#lib/datasets/scan-index.js'
import { readSnapshot, writeSnapshot } from '#lib/datasets/snapshot.js'
import { documentWorker } from '../../support/document-worker.js'
import { budgets } from '../../support/budgets.js'
import { plain, text } from './plantdb-folder.js'

t.test('line breaks of Unicode in metadata end no line of the kept index, and whatever is odd in it is made anew', async t => {
  const root = join(t.testdir(), 'root')
  await mkdir(root)
  await plain(root, 'plant')
  const said = { note: 'a\u2028null\u2029b' }
  await writeFile(join(root, 'plant/metadata/metadata.json'), text(said))
  const index = new ScanIndex(root, budgets, documentWorker)
  await index.load([], () => {})
  const path = join(root, 'snapshot')
  await writeSnapshot(path, `${path}.new`, index.kept())
  const kept = await readFile(path, 'utf8')
  const [first] = await readSnapshot(path)
  t.match(first?.summary.metadata, said)
  for (const odd of ['null\t{}\t{}', '[]\t{}\t{}', '\t\t', '[{},[]]\t"x"\t7']) {
    await writeFile(path, kept.replace(/\n/, `\n${odd}\n`))
    t.strictSame(await readSnapshot(path), [], odd)
  }
})

t.test('an index that could not be kept leaves nothing', async t => {
  const folder = t.testdir()
  const failing = function * (): Generator<never> { throw new Error('no') }
  await t.rejects(writeSnapshot(join(folder, 'snapshot'), join(folder, 'new'), failing()), { message: 'no' })
  t.strictSame(await readdir(folder), [])
})

const many = { owner: 'ada', list: new Array(50_000).fill({}), text: 'a\ttab and a line\n' }

t.test('the index keeps metadata packed, also across a restart, and says how far a start is', async t => {
  const root = join(t.testdir(), 'root')
  await mkdir(root)
  for (const scan of ['large', 'small']) await plain(root, scan)
  await writeFile(join(root, 'large/metadata/metadata.json'), text(many))
  const index = new ScanIndex(root, budgets, documentWorker)
  const told: number[][] = []
  await index.load([], (...progress) => told.push(progress))
  t.strictSame(told, [[0, 2], [1, 2]])

  const path = join(root, 'snapshot')
  await writeSnapshot(path, `${path}.new`, index.kept())
  t.ok((await readFile(path)).length < 10_000, 'as well on the disk')
  const kept = await readSnapshot(path)
  t.equal(kept.length, 2)
  const again = new ScanIndex(root, budgets, documentWorker)
  await again.load(kept, () => {})
  for (const each of [index, again]) {
    const large = (await each.get('large'))!
    t.match(large.metadata, many)
    t.ok(large.packed instanceof Uint8Array && large.packed.length < 5_000, 'a few kB instead of a few MB')
    t.equal(large.owner, 'ada')
    t.match((await each.get('small'))!.metadata, { object: { species: 'fern' } })
    t.strictSame([...each.filesets('small').keys()], ['images'])
  }
  t.strictSame(Object.keys(unpackMetadata((await readScan({ layout: layoutOf(root), documentWorker, budgets }, 'large', async () => {})).described.packed)).sort(), ['list', 'owner', 'text'])
})
