import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { readScan } from '#lib/datasets/read-scan.js'
import { ScanIndex } from '#lib/datasets/scan-index.js'
import { readSnapshot, writeSnapshot } from '#lib/datasets/snapshot.js'
import { budgets } from '../../support/budgets.js'
import { plain, text } from './plantdb-folder.js'

const many = { owner: 'ada', list: new Array(50_000).fill({}), text: 'a\ttab and a line\n' }

t.test('the index keeps metadata packed, also across a restart, and says how far a start is', async t => {
  const root = join(t.testdir(), 'root')
  await mkdir(root)
  for (const scan of ['large', 'small']) await plain(root, scan)
  await writeFile(join(root, 'large/metadata/metadata.json'), text(many))
  const index = new ScanIndex(root, budgets)
  const told: number[][] = []
  await index.load([], (...progress) => told.push(progress))
  t.strictSame(told, [[0, 2], [1, 2]])

  const path = join(root, 'snapshot')
  await writeSnapshot(path, `${path}.new`, index.kept())
  const kept = await readSnapshot(path)
  t.equal(kept.length, 2)
  const again = new ScanIndex(root, budgets)
  await again.load(kept, () => {})
  for (const each of [index, again]) {
    const large = (await each.get('large'))!
    t.match(large.metadata, many)
    t.ok(Buffer.isBuffer(large.packed) && large.packed.length < 5_000, 'a few kB instead of a few MB')
    t.equal(large.owner, 'ada')
    t.match((await each.get('small'))!.metadata, { object: { species: 'fern' } })
    t.strictSame([...each.filesets('small').keys()], ['images'])
  }
  t.strictSame(Object.keys((await readScan(root, 'large', budgets, async () => {})).metadata).sort(), ['list', 'owner', 'text'])
})
