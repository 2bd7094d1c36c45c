import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { documentWorker } from '../support/document-worker.js'
import { budgets } from '../support/budgets.js'
import { ScanIndex } from '#lib/datasets/scan-index.js'
import { digestOf, filePart, multipart, startLab } from '../support/datasets.js'

async function leave (root: string, text: string): Promise<void> {
  const folder = join(root, 'plant')
  await mkdir(join(folder, 'metadata'), { recursive: true })
  await mkdir(join(folder, 'images'), { recursive: true })
  await writeFile(join(folder, 'metadata', 'metadata.json'), '{}')
  await writeFile(join(folder, 'images', 'a.txt'), text)
  await writeFile(join(folder, 'files.json'), JSON.stringify({ filesets: [{ id: 'images', files: [{ id: 'a', file: 'a.txt' }] }] }))
}

t.test('an upload into a scan that this process has not written before answers its digest', async t => {
  const files = '/v1/scans/plant/filesets/images/files'
  for (const way of ['body', 'form', 'replacement']) {
    const { upload, send } = await startLab(t, {}, root => leave(root, 'before'))
    const form = multipart(filePart('b.txt', way))
    const ways: Record<string, () => ReturnType<typeof send>> = {
      body: () => upload(`${files}?id=b`, way),
      form: () => send('POST', files, form.body, form.headers),
      replacement: () => upload(`${files}/a`, way, {}, 'PUT')
    }
    const { status, body } = await ways[way]!()
    t.match({ status, digest: body.digest }, { status: way === 'replacement' ? 200 : 201, digest: digestOf(way) }, way)
    t.equal((await send('GET', `${files}/${body.id}/info`)).body.digest, digestOf(way))
  }
})

t.test('what changes while the index of an earlier run is read is not missed', async t => {
  const root = t.testdir()
  await leave(root, 'before')
  const earlier = new ScanIndex(root, budgets, documentWorker)
  await earlier.reconcile()
  const kept = [...earlier.kept()]
  await writeFile(join(root, 'plant', 'images', 'a.txt'), 'after that')
  const index = new ScanIndex(root, budgets, documentWorker)
  index.invalidate('plant', ['images/a'])
  await index.load(kept, () => {})
  t.equal((await index.get('plant'))?.bytes, 'after that'.length)
})
