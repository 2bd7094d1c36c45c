import type { Entry as ZipEntry } from 'yauzl'
import { invalid } from './refuse.js'

/** An entry of a ZIP as its central directory states it. Sizes and offsets are in bytes. */
export interface Entry {
  /** As in the archive. */
  name: string
  /** The parts of its path; none for the folder that everything is in (`./`). */
  parts: string[]
  isFolder: boolean
  /** When unpacked. */
  size: number
  packed: number
  crc: number
  isDeflated: boolean
  /** Where its data begin. */
  start: number
}

const badNames: ReadonlyArray<[RegExp, string]> = [
  [/\0/, 'holds a NUL'],
  [/\\/, 'holds a backslash'],
  [/^\//, 'is absolute'],
  [/^[A-Za-z]:/, 'names a drive'],
  [/^$|\/\//, 'has an empty part'],
  [/(?:^|\/)\.\.(?:\/|$)/, 'has a part that is no name']
]

/** Names that a scan can have are ASCII, so the two encodings of a ZIP do not matter. */
function nameOf ({ fileNameRaw }: ZipEntry): string {
  const name = fileNameRaw.toString('latin1')
  const [, fault] = badNames.find(([pattern]) => pattern.test(name)) ?? []
  return fault === undefined ? name : invalid(name, fault)
}

/** `.` is where it stands: `./a` and `a/./b`, as tar and others write them, are `a` and `a/b`. */
const partsOf = (name: string): string[] => name.replace(/\/$/, '').split('/').filter(part => part !== '.')

const stored = 0
const deflated = 8

/** Bits 0, 6 and 13 of the flags: encrypted, strongly encrypted, central directory encrypted (APPNOTE 4.4.4). */
const encrypted = 0x2041

/** The kind of file in the upper half of the external attributes; 0 where the system that packed has none. */
const kindOf = ({ externalFileAttributes }: ZipEntry): number => (externalFileAttributes >>> 16) & 0o170000
const plain = new Set([0, 0o100000])
const folder = new Set([0, 0o040000])

/**
 * Checks what an entry says of itself.
 *
 * @returns the entry, with `start` still to be found
 * @throws `archive_invalid`
 */
export function checkedEntry (entry: ZipEntry): Omit<Entry, 'start'> {
  const { compressionMethod: method, compressedSize: packed, uncompressedSize: size, crc32: crc } = entry
  const name = nameOf(entry)
  const isFolder = /(?:^|\/)\.?$/.test(name)
  if (entry.generalPurposeBitFlag & encrypted) invalid(name, 'is encrypted')
  if (method !== stored && method !== deflated) invalid(name, 'is neither stored nor deflated')
  if (!(isFolder ? folder : plain).has(kindOf(entry))) invalid(name, 'is neither a file nor a folder')
  if (isFolder && size > 0) invalid(name, 'is a folder with content')
  return { name, parts: partsOf(name), isFolder, size, packed, crc, isDeflated: method === deflated }
}
