import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { unpackArchive } from '#lib/datasets/archive/read.js'
import { archiveOf } from '#lib/datasets/archive/write.js'
import { listing } from './craft.js'
import { documentWorker } from '../../../support/document-worker.js'
import { budgets } from '../../../support/budgets.js'

const FILES = Number(process.env.ARCHIVE_FILES ?? 1_000)

t.test(`a scan of ${FILES} files is the same after a way out and in`, async t => {
  const root = t.testdir()
  const [folder, zipPath, target] = [join(root, 'scan'), join(root, 'upload.zip'), join(root, 'target')]
  const names = Array.from({ length: FILES }, (_, i) => `image-${i}.jpg`)
  const files = new Map<string, Buffer>([
    ['files.json', Buffer.from(listing(...names))],
    ['metadata/metadata.json', Buffer.from('{"owner":"ada"}')],
    ['metadata/images/image-7.json', Buffer.from('{"i":7}')],
    ...names.map((name, i): [string, Buffer] => [`images/${name}`, Buffer.alloc(i % 300, i)])
  ])
  for (const path of ['images', 'metadata/images']) mkdirSync(join(folder, path), { recursive: true })
  for (const [path, data] of files) writeFileSync(join(folder, path), data)

  const { stream, size } = await archiveOf(documentWorker, folder)
  const zip = await buffer(stream)
  t.equal(zip.length, size)
  writeFileSync(zipPath, zip)
  await unpackArchive(zipPath, target, { limits: { entries: 20_000, bytes: 10 ** 7, ratio: 100, ratioFrom: 10 ** 6 }, budgets, documentWorker })

  t.equal(readdirSync(target, { recursive: true }).length, files.size + 3, 'all files, and three folders')
  t.strictSame([...files].filter(([path, data]) => !readFileSync(join(target, path)).equals(data)).map(([path]) => path), [])
})
