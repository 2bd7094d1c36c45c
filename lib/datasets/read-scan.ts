import type { DocumentWorker } from '../document-worker/document-worker.js'
import type { DocumentBudget, DocumentBudgets } from './document-budget.js'
import { stampOfScan } from './format/stamp.js'
import { look, sizeOf } from './fs/look.js'
import type { Described, FileRecord, FilesetRecord, Filesets } from './index-entry.js'
import { readListing } from './read-listing.js'
import { DamagedScan, type Fault, type ListedFileset } from './listing.js'
import type { Layout } from './layout.js'

/** A scan as it lies in the folder, and what of it cannot be used. */
export interface ReadScan { described: Described, metadataBytes: number, filesets: Filesets, stamp: string, created: number, modified: number, faults: Fault[] }

/** What the index keeps of the metadata of a scan. @throws DamagedScan */
export async function describedScan (documentWorker: DocumentWorker, layout: Layout, scan: string, budget: DocumentBudget): Promise<{ described: Described, faults: Fault[] }> {
  const size = [undefined, 'images'].reduce((sum, fileset) => sum + sizeOf(layout.metadata({ scan, fileset })), 0)
  return await documentWorker.run('describeScan', { root: layout.root, scan, budget }, size)
}

/** What the disk says of a listed file; undefined if it is not there, or no file. */
export function readFileRecord (layout: Layout, scan: string, fileset: string, id: string, name: string): FileRecord | undefined {
  const stat = look(layout.content(scan, fileset, name))
  if (!stat?.isFile()) return undefined
  return { id, name, bytes: stat.size, created: stat.birthtimeMs || stat.mtimeMs, modified: stat.mtimeMs }
}

/** @param known records that are still right, by file id */
async function readFileset (layout: Layout, scan: string, listed: ListedFileset, pace: () => Promise<void>, known?: ReadonlyMap<string, FileRecord>): Promise<{ record: FilesetRecord | undefined, faults: Fault[] }> {
  const folder = look(layout.fileset(scan, listed.id))
  if (!folder?.isDirectory()) return { record: undefined, faults: [{ path: `${scan}/${listed.id}`, reason: folder ? 'is no folder' : 'the folder of the fileset is missing' }] }
  const files = new Map<string, FileRecord>()
  const metadata = look(layout.fileMetadata(scan, listed.id))
  const faults: Fault[] = metadata && !metadata.isDirectory() ? [{ path: `${scan}/metadata/${listed.id}`, reason: 'is no folder' }] : []
  for (const { id, name } of listed.files.values()) {
    const before = known?.get(id)
    const record = before?.name === name ? before : readFileRecord(layout, scan, listed.id, id, name)
    if (record) files.set(id, record)
    else faults.push({ path: `${scan}/${listed.id}/${name}`, reason: 'is listed, but is not there as a file' })
    await pace()
  }
  return { record: { id: listed.id, created: folder.birthtimeMs || folder.mtimeMs, modified: folder.mtimeMs, files }, faults }
}

/** What is known of a scan already: its filesets, and the files of them (`fileset/id`) that changed since. */
export interface Before { filesets: Filesets, stale: ReadonlySet<string> }

const unchanged = (before: Before | undefined, fileset: string): ReadonlyMap<string, FileRecord> | undefined => {
  const files = before?.filesets.get(fileset)?.files
  return files && new Map([...files].filter(([id]) => !before.stale.has(`${fileset}/${id}`)))
}

/**
 * Reads a scan. The calls wait for the disk in this thread, which is several times as fast as the pool for
 * many small looks; `pace` lets other work through.
 * @throws DamagedScan if nothing of it can be used
 */
export async function readScan ({ layout, documentWorker, budgets }: { layout: Layout, documentWorker: DocumentWorker, budgets: DocumentBudgets }, scan: string, pace: () => Promise<void>, before?: Before): Promise<ReadScan> {
  const folder = look(layout.scan(scan))
  if (!folder?.isDirectory()) throw new DamagedScan(folder?.isSymbolicLink() ? 'is a symbolic link' : 'is no folder')
  if (folder.dev !== look(layout.root)?.dev) throw new DamagedScan('lies on another file system than the database')
  if (!look(layout.metadataFolder(scan))?.isDirectory()) throw new DamagedScan('has no metadata folder')
  const stamp = stampOfScan(layout, scan)
  const { described, faults } = await describedScan(documentWorker, layout, scan, budgets.metadata)
  const listing = await readListing(documentWorker, layout.listing(scan), budgets.listing)
  faults.push(...listing.faults.map(reason => ({ path: `${scan}/files.json`, reason })))
  const filesets: Filesets = new Map()
  for (const listed of listing.filesets.values()) {
    const { record, faults: more } = await readFileset(layout, scan, listed, pace, unchanged(before, listed.id))
    if (record) filesets.set(listed.id, record)
    faults.push(...more)
    await pace()
  }
  return { described, metadataBytes: sizeOf(layout.metadata({ scan })), filesets, stamp, created: folder.birthtimeMs || folder.ctimeMs, modified: look(layout.listing(scan))?.mtimeMs ?? 0, faults }
}
