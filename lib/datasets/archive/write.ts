import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DocumentWorker } from '../../document-worker/document-worker.js'
import { Problem } from '../../errors.js'
import { missingAs } from '../disk.js'
import { pace } from '../pace.js'
import { openPlain, withPlainFile } from '../plain-file.js'
import { lettingGo } from '../reclaim.js'
import { requireListed } from './listed.js'
import { membersOf, type Member } from './members.js'
import type { ZipEntry } from './zip-records.js'
import { zipLength, zipOf } from './zip.js'

/** Bytes up to which a file is read in one go: a stream of its own costs several times as much. */
const SMALL = 64 * 1024

/** So many bytes from the start of a file, or all if there are fewer. */
async function readUpTo (handle: FileHandle, most: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(most)
  for (let at = 0; ;) {
    const { bytesRead } = await handle.read(buffer, at, most - at, at)
    at += bytesRead
    if (bytesRead === 0 || at === most) return buffer.subarray(0, at)
  }
}

/** Opens a file at its turn. One that is no longer as it was measured would make the archive a wrong one. */
async function * contentOf (folder: string, { path, size }: ZipEntry): AsyncGenerator<Buffer> {
  const { handle, stats } = await openPlain(join(folder, path))
  try {
    if (stats.size !== size) throw new Error(`${path} has changed while the scan was archived`)
    if (size > SMALL) yield * lettingGo(handle.createReadStream({ autoClose: false }))
    else if (size > 0) yield await readUpTo(handle, size)
  } finally {
    await handle.close()
  }
}

/** How often a scan is looked at anew whose listing does not fit its folder: a change came in between. */
const LOOKS = 5
const PAUSE_MS = 50

/** The text of `files.json` and the members that go with it. @throws `scan_not_found`, `scan_busy` */
async function contentsOf (documentWorker: DocumentWorker, folder: string): Promise<{ listing: Buffer, members: Member[] }> {
  for (let look = 1; ; look++) {
    try {
      const listing = await withPlainFile(join(folder, 'files.json'), handle => handle.readFile()).catch(missingAs('scan_not_found'))
      const members = await membersOf(folder).catch(missingAs('scan_busy'))
      await requireListed(documentWorker, listing, members)
      return { listing, members }
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'scan_busy' || look === LOOKS) throw error
      await sleep(PAUSE_MS)
    }
  }
}

/**
 * A scan as a ZIP whose members are stored, not compressed. All that `files.json` lists is in it; a file that is
 * added meanwhile may not be. A file that vanishes or changes its size before its turn destroys the stream with
 * an error.
 *
 * @param folder that of the scan
 * @returns a stream, and its exact length in bytes; no file is open before it is read
 * @throws `scan_not_found`, `scan_busy`
 */
export async function archiveOf (documentWorker: DocumentWorker, folder: string): Promise<{ stream: Readable, size: number }> {
  const { listing, members } = await contentsOf(documentWorker, folder)
  // It is sent as it was read, for the members belong to it; one that was written meanwhile may have another length.
  const entries = members.map(member => member.path === 'files.json' ? { ...member, size: listing.length } : member)
  const content = (entry: ZipEntry): AsyncIterable<Buffer> => entry.path === 'files.json' ? Readable.from([listing]) : contentOf(folder, entry)
  const size = await zipLength(entries, pace)
  return { stream: Readable.from(zipOf(entries, content, pace), { objectMode: false }), size }
}
