import type { FileRecord, FilesetRecord, Filesets } from './index-entry.js'

type PackedFile = [id: string, name: string, bytes: number, created: number, modified: number, digest?: string]
/** A fileset, or the next files of the one before. */
type PackedFileset = [id: string, created: number, modified: number, files: PackedFile[]]

/** The filesets of a scan as JSON arrays, each of which is packed and unpacked in a few milliseconds. */
export type Packed = string[]

/** Filesets and files of one of them. */
const AT_ONCE = 1000

const packFile = ({ id, name, bytes, created, modified, digest }: FileRecord): PackedFile =>
  digest === undefined ? [id, name, bytes, created, modified] : [id, name, bytes, created, modified, digest]

const unpackFile = ([id, name, bytes, created, modified, digest]: PackedFile): [string, FileRecord] =>
  [id, { id, name, bytes, created, modified, ...(digest === undefined ? {} : { digest }) }]

/** The filesets of a scan as texts: a tenth of the memory, for the many scans that nobody looks at. */
export function * packing (filesets: Filesets): Generator<string> {
  let part: PackedFileset[] = []
  let count = 0
  for (const { id, created, modified, files } of filesets.values()) {
    let packed: PackedFile[] = []
    part.push([id, created, modified, packed])
    count++
    for (const file of files.values()) {
      packed.push(packFile(file))
      if (++count < AT_ONCE) continue
      yield JSON.stringify(part)
      packed = []
      part = [[id, created, modified, packed]]
      count = 1
    }
    if (count < AT_ONCE) continue
    yield JSON.stringify(part)
    part = []
    count = 0
  }
  if (part.length > 0) yield JSON.stringify(part)
}

export const pack = (filesets: Filesets): Packed => [...packing(filesets)]

/** Adds what a part holds to what those before it held. */
export function unpackInto (filesets: Filesets, part: string): void {
  for (const [id, created, modified, files] of JSON.parse(part) as PackedFileset[]) {
    const fileset: FilesetRecord = filesets.get(id) ?? { id, created, modified, files: new Map() }
    filesets.set(id, fileset)
    for (const file of files) fileset.files.set(...unpackFile(file))
  }
}

export function unpack (packed: Packed): Filesets {
  const filesets: Filesets = new Map()
  for (const part of packed) unpackInto(filesets, part)
  return filesets
}
