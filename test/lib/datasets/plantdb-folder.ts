import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** JSON as PlantDB writes it (its keys are sorted where they are written down). */
export const text = (value: unknown): string => JSON.stringify(value, null, 4)

export const listed = (...names: string[]): Array<{ file: string, id: string }> => names.map(file => ({ file, id: file.replace(/\.[^.]*$/, '') }))

/** Writes files, and the folders that they need. */
export async function write (root: string, files: Record<string, string | Buffer>): Promise<void> {
  for (const [path, data] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), data)
  }
}

/** A scan with the fileset `images`, which has the files `a.txt` and `b.txt`. */
export const plain = async (root: string, scan: string): Promise<void> => await write(join(root, scan), {
  'files.json': text({ filesets: [{ files: listed('a.txt', 'b.txt'), id: 'images' }] }),
  'metadata/metadata.json': text({ object: { species: 'fern' } }),
  'metadata/images.json': text({ channel: 'rgb' }),
  'metadata/images/a.json': text({ shot: 1 }),
  'images/a.txt': 'the first',
  'images/b.txt': 'the second'
})
