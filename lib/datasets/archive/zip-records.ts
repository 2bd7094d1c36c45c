// The records of a ZIP, as PKWARE's APPNOTE 6.3.10 has them by its numbers, of members that are stored, not compressed.

/** A file, or a folder in which there is none. */
export interface ZipEntry {
  /** Relative, with slashes, without one at the end. */
  path: string
  isFolder: boolean
  /** Bytes. */
  size: number
  modified: Date
}

/** What is known of an entry once it is written: what the central directory says of it. */
export interface Written { entry: ZipEntry, name: Buffer, crc: number, offset: number }

const U16 = 0xffff
const U32 = 0xffffffff
const FLAG_UTF8 = 0x800
/** Checksum and sizes follow the data (4.4.4, bit 3): the checksum is known only then. */
const FLAG_DESCRIPTOR = 0x8
const VERSION = 20
const VERSION_ZIP64 = 45
const UNIX = 3 << 8
const FOLDER_MODE = 0o040755 * 0x10000 + 0x10
const FILE_MODE = 0o100644 * 0x10000
const TIMESTAMP_BYTES = 9

export const sizeOf = ({ isFolder, size }: ZipEntry): number => isFolder ? 0 : size
const isLarge = (entry: ZipEntry): boolean => sizeOf(entry) >= U32
export const nameOf = ({ path, isFolder }: ZipEntry): string => isFolder ? `${path}/` : path

/** Little-endian fields one after the other, as pairs of their bytes and value. */
function packed (...fields: Array<readonly [bytes: 1 | 2 | 4 | 8, value: number]>): Buffer {
  const buffer = Buffer.allocUnsafe(fields.reduce((sum, [bytes]) => sum + bytes, 0))
  let at = 0
  for (const [bytes, value] of fields) at = bytes === 8 ? buffer.writeBigUInt64LE(BigInt(value), at) : buffer.writeUIntLE(value, at, bytes)
  return buffer
}

const between = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most)

/** Time and date of MS-DOS (4.4.6), local and to two seconds; readers that know the extended timestamp take that. */
function dosTime (time: Date): number {
  const year = between(time.getFullYear(), 1980, 2107)
  return ((year - 1980) * 512 + (time.getMonth() + 1) * 32 + time.getDate()) * 0x10000 +
    time.getHours() * 2048 + time.getMinutes() * 32 + (time.getSeconds() >> 1)
}

/** Info-ZIP's extended timestamp: seconds of UTC. */
const timestamp = (time: Date): Buffer =>
  packed([2, 0x5455], [2, 5], [1, 1], [4, between(Math.floor(time.getTime() / 1000), 0, 0x7fffffff)])

/** The extra field of ZIP64 (4.5.3). */
const zip64 = (...values: number[]): Buffer =>
  values.length === 0 ? Buffer.alloc(0) : packed([2, 1], [2, values.length * 8], ...values.map(value => [8, value] as const))

const versionOf = (isZip64: boolean): number => isZip64 ? VERSION_ZIP64 : VERSION
const flagsOf = ({ isFolder }: ZipEntry): number => FLAG_UTF8 + (isFolder ? 0 : FLAG_DESCRIPTOR)

/** 4.3.7. The sizes of a large one are foretold: readers that go without the directory need them. */
export function localHeader (entry: ZipEntry, name: Buffer): Buffer {
  const extra = Buffer.concat([timestamp(entry.modified), isLarge(entry) ? zip64(entry.size, entry.size) : zip64()])
  const size = isLarge(entry) ? U32 : 0
  return Buffer.concat([packed([4, 0x04034b50], [2, versionOf(isLarge(entry))], [2, flagsOf(entry)], [2, 0], [4, dosTime(entry.modified)],
    [4, 0], [4, size], [4, size], [2, name.length], [2, extra.length]), name, extra])
}

/** Bytes of the local header. */
export const localBytes = (entry: ZipEntry, name: number): number => 30 + name + TIMESTAMP_BYTES + (isLarge(entry) ? 20 : 0)

/** 4.3.9 */
export const descriptor = (entry: ZipEntry, crc: number): Buffer => {
  const bytes = isLarge(entry) ? 8 : 4
  return packed([4, 0x08074b50], [4, crc], [bytes, entry.size], [bytes, entry.size])
}

/** Bytes of what follows the content. */
export const descriptorBytes = (entry: ZipEntry): number => entry.isFolder ? 0 : isLarge(entry) ? 24 : 16

/** 4.3.12 */
export function directoryHeader ({ entry, name, crc, offset }: Written): Buffer {
  const size = sizeOf(entry)
  const more = zip64(...isLarge(entry) ? [size, size] : [], ...offset >= U32 ? [offset] : [])
  const extra = Buffer.concat([timestamp(entry.modified), more])
  return Buffer.concat([packed([4, 0x02014b50], [2, UNIX + VERSION_ZIP64], [2, versionOf(more.length > 0)], [2, flagsOf(entry)], [2, 0], [4, dosTime(entry.modified)],
    [4, crc], [4, Math.min(size, U32)], [4, Math.min(size, U32)], [2, name.length], [2, extra.length], [2, 0], [2, 0], [2, 0],
    [4, entry.isFolder ? FOLDER_MODE : FILE_MODE], [4, Math.min(offset, U32)]), name, extra])
}

/** Bytes of the header in the directory. */
export function directoryBytes (entry: ZipEntry, name: number, offset: number): number {
  const more = (isLarge(entry) ? 16 : 0) + (offset >= U32 ? 8 : 0)
  return 46 + name + TIMESTAMP_BYTES + (more > 0 ? more + 4 : 0)
}

const needsZip64 = (count: number, bytes: number, offset: number): boolean => count >= U16 || bytes >= U32 || offset >= U32

/** 4.3.14 to 4.3.16 */
export function endRecords (count: number, bytes: number, offset: number): Buffer {
  const large = packed([4, 0x06064b50], [8, 44], [2, UNIX + VERSION_ZIP64], [2, VERSION_ZIP64], [4, 0], [4, 0], [8, count], [8, count], [8, bytes], [8, offset],
    [4, 0x07064b50], [4, 0], [8, offset + bytes], [4, 1])
  const end = packed([4, 0x06054b50], [2, 0], [2, 0], [2, Math.min(count, U16)], [2, Math.min(count, U16)], [4, Math.min(bytes, U32)], [4, Math.min(offset, U32)], [2, 0])
  return needsZip64(count, bytes, offset) ? Buffer.concat([large, end]) : end
}

/** Bytes of the end records. */
export const endBytes = (count: number, bytes: number, offset: number): number => needsZip64(count, bytes, offset) ? 98 : 22
