import type { FileHandle } from 'node:fs/promises'
import { fromRandomAccessReaderPromise, type Entry as ZipEntry, type ZipFile } from 'yauzl'
import { pace } from '../pace.js'
import { sortPaced } from '../sort-paced.js'
import { checkedEntry, type Entry } from './entry.js'
import { blame, invalid, tooLarge } from './refuse.js'
import { Source } from './source.js'

/** What an archive may come to. */
export interface Limits {
  /** Files and folders. */
  entries: number
  /** Bytes of all files together when unpacked. */
  bytes: number
  /** Unpacked bytes for each packed one, */
  ratio: number
  /** once there are more than so many unpacked bytes. */
  ratioFrom: number
}

/** A stretch of the archive. */
interface Extent { name: string, from: number, to: number }

const endRecord = 0x06054b50
const endRecord64 = 0x06064b50

/**
 * yauzl stops after as many entries as the end record states; what followed would be hidden. So the end records
 * have to come next (APPNOTE 4.3.14 to 4.3.16) and to be the last of the file.
 */
async function nothingHidden (handle: FileHandle, zip: ZipFile): Promise<void> {
  const at = Number(zip.readEntryCursor)
  const { buffer } = await handle.read(Buffer.alloc(12), 0, 12, at)
  const signature = buffer.readUInt32LE()
  const before = signature === endRecord64 ? 12 + Number(buffer.readBigUInt64LE(4)) + 20 : 0
  const isEnd = signature === endRecord || signature === endRecord64
  if (!isEnd || at + before + 22 + zip.comment.length !== zip.fileSize) invalid('', 'The end records do not follow the entries.')
}

/** @throws `archive_too_large` */
function withinLimits (entries: ReadonlyArray<Omit<Entry, 'start'>>, limits: Limits): void {
  const size = entries.reduce((sum, entry) => sum + entry.size, 0)
  const packed = entries.reduce((sum, entry) => sum + entry.packed, 0)
  if (size > limits.bytes) tooLarge('', 'It has too many bytes when unpacked.')
  if (size > limits.ratioFrom && size > limits.ratio * packed) tooLarge('', 'It is packed too tightly.')
}

/** Two entries that share data let a small archive unpack into a huge scan. @throws `archive_invalid` */
async function nothingShared (extents: readonly Extent[]): Promise<void> {
  let end = 0
  for (const { name, from, to } of await sortPaced(extents, (a, b) => a.from - b.from)) {
    if (from < end) invalid(name, 'shares data with another entry')
    end = to
    await pace()
  }
}

async function listedIn (zip: ZipFile): Promise<ZipEntry[]> {
  const entries: ZipEntry[] = []
  for await (const entry of zip.eachEntry()) entries.push(entry)
  return entries
}

const startOf = async (zip: ZipFile, entry: ZipEntry): Promise<number> =>
  (await zip.readLocalFileHeaderPromise(entry, { minimal: true })).fileDataStart

/**
 * Reads and checks the directory of a ZIP: names, kinds, sizes and places of its entries.
 *
 * @throws `archive_invalid`, `archive_too_large`
 */
export async function entriesOf (handle: FileHandle, limits: Limits): Promise<Entry[]> {
  const { size } = await handle.stat()
  const zip = await fromRandomAccessReaderPromise(new Source(handle, size), size, { autoClose: false, decodeStrings: false }).catch(blame(''))
  if (zip.entryCount > limits.entries) tooLarge('', 'It has too many entries.')
  const extents: Extent[] = [{ name: '', from: Number(zip.readEntryCursor), to: size }]

  const listed = await listedIn(zip).catch(blame(''))
  await nothingHidden(handle, zip)
  const checked: Array<Omit<Entry, 'start'> & { listed: ZipEntry }> = []
  for (const entry of listed) {
    checked.push({ ...checkedEntry(entry), listed: entry })
    await pace()
  }
  withinLimits(checked, limits)

  const entries: Entry[] = []
  for (const { listed, ...entry } of checked) {
    const start = await startOf(zip, listed).catch(blame(entry.name))
    entries.push({ ...entry, start })
    extents.push({ name: entry.name, from: listed.relativeOffsetOfLocalHeader, to: start + entry.packed })
  }
  await nothingShared(extents)
  return entries
}
