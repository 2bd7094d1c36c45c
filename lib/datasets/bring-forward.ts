import type { DocumentWorker } from '../document-worker/document-worker.js'
import { OverBudget, type DocumentBudget } from './document-budget.js'
import { DamagedScan, type Listing, type ListedFile } from './listing.js'
import type { Journal } from './journal.js'
import type { Layout } from './layout.js'
import { pace } from './pace.js'
import { readListing } from './read-listing.js'
import { removalOf, removeAll } from './placement.js'
import { look } from './fs/look.js'
import type { Workspace } from './workspace.js'

interface Parts { layout: Layout, journal: Journal, workspace: Workspace, budget: DocumentBudget, documentWorker: DocumentWorker }

/** A lease under which a listing is read; `clean` says whether the one before was given back. */
interface Turn { fence: number, clean: boolean }

const unlessDamaged = (error: unknown): undefined => {
  // One that is over the budget is whole: to pass it over would lose what it says.
  if (!(error instanceof DamagedScan) || error instanceof OverBudget) throw error
}

/** Takes off a new version what did not come into place before its writer was cut short. */
async function withoutMissing (newest: Listing, present: Listing, layout: Layout, scan: string): Promise<void> {
  for (const { id, files } of [...newest.filesets.values()]) {
    const isThere = present.filesets.has(id) || look(layout.fileset(scan, id))?.isDirectory()
    if (!isThere) newest.removeFileset(id)
    else {
      for (const file of [...files.values()]) {
        if (!present.hasName(id, file.name) && !look(layout.content(scan, id, file.name))?.isFile()) await newest.removeFile(id, file.id)
        await pace()
      }
    }
  }
}

/** The paths of what an older version lists and a newer one does not. */
function dropped (older: Listing, newer: Listing, layout: Layout, scan: string): string[] {
  return [...older.filesets.values()].flatMap(({ id: fileset, files }) => {
    const left = newer.filesets.get(fileset)
    if (!left) return [layout.fileset(scan, fileset), layout.metadata({ scan, fileset }), layout.fileMetadata(scan, fileset)]
    return [...files.values()].flatMap((file: ListedFile) => [
      ...(newer.hasName(fileset, file.name) ? [] : [layout.content(scan, fileset, file.name)]),
      ...(left.files.has(file.id) ? [] : [layout.metadata({ scan, fileset, file: file.id })])
    ])
  })
}

/**
 * The listing of a scan to begin a new version from. If a newer version was noted than the one in place, it is
 * that one, without what did not come into place. What the last writer dropped is removed if that writer did
 * not finish.
 * @returns `ahead`: whether it still has to be put in place
 * @throws DamagedScan
 */
export async function bringForward ({ layout, journal, workspace, budget, documentWorker }: Parts, scan: string, { fence, clean }: Turn): Promise<{ listing: Listing, ahead: boolean }> {
  const { newest, before } = await journal.versions(scan, layout.listing(scan), fence)
  const present = await readListing(documentWorker, layout.listing(scan), budget)
  // One that cannot be read was cut short itself, before anything of it could be in place.
  const noted = newest === undefined ? undefined : await readListing(documentWorker, newest, budget).catch(unlessDamaged)
  const listing = newest === undefined || noted === undefined ? present : await readListing(documentWorker, newest, budget)
  if (noted) await withoutMissing(listing, present, layout, scan)
  // A writer that wakes up late may forget it at any moment, after it has removed what it dropped.
  const left = before === undefined || clean ? undefined : await readListing(documentWorker, before, budget).catch(unlessDamaged)
  for (const version of [...(left ? [left] : []), ...(noted ? [present, noted] : [])]) {
    await removeAll(dropped(version, listing, layout, scan).flatMap(path => removalOf(layout.root, path)), workspace.temporary)
  }
  return { listing, ahead: noted !== undefined }
}
