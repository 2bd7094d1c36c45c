import { join } from 'node:path'
import type { PassThrough, Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { ZipFile } from 'yazl'
import type { DocumentWorker } from '../../document-worker/document-worker.js'
import { fail, Problem } from '../../errors.js'
import { missingAs } from '../disk.js'
import { createPace } from '../pace.js'
import { openPlain, withPlainFile } from '../plain-file.js'
import { lettingGo } from '../reclaim.js'
import { requireListed } from './listed.js'
import { membersOf, type Member } from './members.js'

/** Opens a file for its turn. One that is no longer as it was measured would make the archive a wrong one. */
async function openAsMeasured (folder: string, { path, size }: Member): Promise<Readable> {
  const { handle, stats } = await openPlain(join(folder, path))
  if (stats.size === size) return lettingGo(handle.createReadStream())
  await handle.close()
  throw new Error(`${path} has changed while the scan was archived`)
}

/** Opens one file after another, ends the output with whatever goes wrong, and closes what is open with the output. */
function feeder (zip: ZipFile, folder: string) {
  const output = zip.outputStream as PassThrough
  let file: Readable | undefined
  let fault: Error | undefined
  output.on('close', () => file?.destroy())
  // A file may be gone before anybody reads and listens; whoever reads later finds the output destroyed.
  output.on('error', () => {})
  zip.on('error', (error: Error) => {
    fault = error
    output.destroy(error)
  })

  const openNext = async (member: Member): Promise<Readable> => {
    file = await openAsMeasured(folder, member)
    file.on('error', error => output.destroy(error))
    if (output.destroyed) file.destroy()
    return file
  }
  const addFile = (member: Member): void => zip.addReadStreamLazy(member.path, optionsOf(member), take => {
    openNext(member).then(file => take(null, file), (error: Error) => output.destroy(error))
  })
  return { output, addFile, fault: () => fault }
}

const optionsOf = ({ size, modified }: Member) => ({ size, mtime: modified, mode: 0o100644, compress: false })

/**
 * yazl foretells the 76 bytes of ZIP64 end records from 64 KiB of central directory on, but writes them from
 * 4 GiB on. Where the two could differ, they are asked for. An entry has at most 83 bytes there beside its name.
 */
const needsEndRecords = (members: readonly Member[]): boolean =>
  members.reduce((sum, { path }) => sum + 84 + path.length, 0) >= 0xffff

/** Says how long everything will be, which yazl knows because nothing is compressed. */
const end = (zip: ZipFile, members: readonly Member[]): Promise<number> => new Promise(resolve =>
  zip.end({ forceZip64Format: needsEndRecords(members), comment: '' }, resolve as () => void))

/** How often a scan is looked at anew whose listing does not fit its folder: a change came in between. */
const LOOKS = 5
const PAUSE_MS = 50

/** The text of `files.json` and the members that go with it. @throws `scan_not_found`, `scan_busy` */
async function contentsOf (documentWorker: DocumentWorker, folder: string): Promise<{ listing: Buffer, members: Member[] }> {
  for (let look = 1; ; look++) {
    try {
      const listing = await withPlainFile(join(folder, 'files.json'), handle => handle.readFile()).catch(missingAs('scan_not_found'))
      const members = await membersOf(folder).catch(missingAs('scan_busy'))
      await requireListed(documentWorker, listing.toString(), members)
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
 * @returns a stream that has to be read or destroyed, and its exact length in bytes
 * @throws `scan_not_found`, `scan_busy`
 */
export async function archiveOf (documentWorker: DocumentWorker, folder: string): Promise<{ stream: Readable, size: number }> {
  const { listing, members } = await contentsOf(documentWorker, folder)
  const zip = new ZipFile()
  const { output, addFile, fault } = feeder(zip, folder)
  const pace = createPace()
  for (const member of members) {
    const { size: measured, ...options } = optionsOf(member)
    if (member.path === 'files.json') zip.addBuffer(listing, member.path, options)
    else if (member.isFolder) zip.addEmptyDirectory(member.path, { mtime: member.modified })
    else addFile(member)
    await pace()
  }
  // One that has failed already never says how long it would be.
  if (fault()) return fail('scan_busy', { retryAfter: 1, cause: fault() })
  return { stream: output, size: await end(zip, members) }
}
