// A folder of data sets in which everything is as large as contributors can make it.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { documents, listingOf, shapes } from './documents.js'

const { FILES = '100000', FILESETS = '20000', SCANS = '3000' } = process.env

const ids = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`)

function writeScan (root: string, scan: string, filesets: Record<string, string[]>, documents: Record<string, string> = {}): void {
  const folder = join(root, scan)
  mkdirSync(join(folder, 'metadata', 'images'), { recursive: true })
  for (const [fileset, files] of Object.entries(filesets)) {
    mkdirSync(join(folder, fileset))
    for (const file of files) writeFileSync(join(folder, fileset, `${file}.jpg`), 'x')
  }
  writeFileSync(join(folder, 'files.json'), listingOf(filesets))
  for (const [name, text] of Object.entries({ metadata: '{"object":{"species":"fern"}}', ...documents })) writeFileSync(join(folder, 'metadata', `${name}.json`), text)
}

/** The scan whose documents are of a shape. */
export const heavyScan = (shape: string): string => `heavy-${shape.replace(' ', '-')}`

/** Scans with much in them: files, filesets, metadata of files that are shown together. */
export const crowded = ['many', 'sets', 'shots'] as const

export function makeWorld (root: string): void {
  for (const shape of shapes) {
    const text = documents[shape]!
    writeScan(root, heavyScan(shape), { images: ['a', 'b'] }, { metadata: text, images: text, 'images/a': text, 'images/b': text })
  }
  writeScan(root, 'many', { images: ids('f', Number(FILES)) })
  writeScan(root, 'sets', Object.fromEntries(['images', ...ids('set', Number(FILESETS))].map(id => [id, id === 'images' ? ['a'] : []])))
  const pose = JSON.stringify({ channel: 'rgb', colmap_camera: { tvec: [1, 2, 3], rotmat: Array(3).fill([1, 0, 0]), more: 'x'.repeat(7500) } })
  writeScan(root, 'shots', { images: ids('a', 800) }, Object.fromEntries(ids('a', 800).map(id => [`images/${id}`, pose])))
  for (const id of ids('small-', Number(SCANS))) writeScan(root, id, { images: ['a'] })
}
