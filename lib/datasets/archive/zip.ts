// Writes ZIPs of members that are stored, not compressed, so that their length is known before.
import { crc32 } from 'node:zlib'
import { descriptor, descriptorBytes, directoryBytes, directoryHeader, endBytes, endRecords, localBytes, localHeader, nameOf, sizeOf, type Written, type ZipEntry } from './zip-records.js'

/** How long `zipOf` makes an archive of these entries, in bytes. */
export async function zipLength (entries: readonly ZipEntry[], pace: () => Promise<void>): Promise<number> {
  let offset = 0
  let directory = 0
  for (const entry of entries) {
    const name = Buffer.byteLength(nameOf(entry))
    directory += directoryBytes(entry, name, offset)
    offset += localBytes(entry, name) + sizeOf(entry) + descriptorBytes(entry)
    await pace()
  }
  return offset + directory + endBytes(entries.length, directory, offset)
}

/** Puts small pieces together, for as few writes as a file of the same length would take. */
async function * inBlocks (pieces: AsyncIterable<Buffer>, least: number): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = []
  let bytes = 0
  for await (const piece of pieces) {
    waiting.push(piece)
    bytes += piece.length
    if (bytes < least) continue
    yield waiting.length === 1 ? piece : Buffer.concat(waiting)
    waiting = []
    bytes = 0
  }
  if (bytes > 0) yield Buffer.concat(waiting)
}

const BLOCK = 64 * 1024

/**
 * Writes an archive, one entry after the other; what it holds at a time is a block and the central directory.
 *
 * @param contentOf the bytes of a file, asked for at its turn
 * @param pace called after every entry
 * @throws whatever `contentOf` throws; an Error if a file is longer or shorter than its entry says
 */
export function zipOf (entries: readonly ZipEntry[], contentOf: (entry: ZipEntry) => AsyncIterable<Buffer>, pace: () => Promise<void>): AsyncGenerator<Buffer> {
  return inBlocks(pieces(entries, contentOf, pace), BLOCK)
}

async function * pieces (entries: readonly ZipEntry[], contentOf: (entry: ZipEntry) => AsyncIterable<Buffer>, pace: () => Promise<void>): AsyncGenerator<Buffer> {
  const written: Written[] = []
  let offset = 0
  for (const entry of entries) {
    const name = Buffer.from(nameOf(entry))
    const local = localHeader(entry, name)
    yield local
    let [crc, size] = [0, 0]
    if (!entry.isFolder) {
      for await (const chunk of contentOf(entry)) {
        crc = crc32(chunk, crc)
        size += chunk.length
        // Before the bytes that are too many: a reader of the stream must not take them for what follows.
        if (size > entry.size) break
        yield chunk
      }
      if (size !== entry.size) throw new Error(`${entry.path} has changed while it was archived`)
      yield descriptor(entry, crc)
    }
    written.push({ entry, name, crc, offset })
    offset += local.length + size + descriptorBytes(entry)
    await pace()
  }
  let bytes = 0
  for (const one of written) {
    const header = directoryHeader(one)
    yield header
    bytes += header.length
    await pace()
  }
  yield endRecords(written.length, bytes, offset)
}
