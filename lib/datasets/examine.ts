import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Layout, Place } from './layout.js'
import { OverBudget, type DocumentBudgets } from './document-budget.js'
import { DamagedScan, Listing } from './listing.js'
import { isFilesetId, isScanId } from './names.js'
import { listingText, look, objectIn } from './read-scan.js'

/** What can be done about damage. */
export type Remedy =
  /** Makes the scan visible to admins only, until somebody says whose it is. */
  | 'new_metadata'
  /** Lists what lies in the folder. */
  | 'new_listing'
  /** Takes off the list what cannot be used. */
  | 'clean_listing'
  /** Puts the file aside. */
  | 'set_aside'

export const remedies: Record<Remedy, string> = {
  new_metadata: 'set aside, and replaced so that only admins see the scan',
  new_listing: 'set aside, and made anew from the files that are there',
  clean_listing: 'the list is set aside, and written without what cannot be used',
  set_aside: 'set aside'
}

/** Damage: `path` is relative to the folder of the data sets; without a remedy a human has to look at it. */
export interface Finding { scan: string, path: string, reason: string, remedy?: Remedy }

type Found = (path: string, reason: string, remedy?: Remedy) => Finding

/** Damage that shows when a document is read. One that is only too large is left alone: a larger budget brings it back. */
const damageOf = (found: Found, path: string, remedy: Remedy, read: () => unknown): Finding[] => {
  try {
    read()
    return []
  } catch (error) {
    if (!(error instanceof DamagedScan)) throw error
    return [error instanceof OverBudget ? found(path, error.message) : found(path, error.message, remedy)]
  }
}

const filesIn = (folder: string): string[] =>
  look(folder)?.isDirectory() ? readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isFile() && !entry.name.startsWith('.')).map(({ name }) => name) : []

/** Everything of a scan that cannot be used, and files in its filesets that no list has. */
export function examineScan (layout: Layout, scan: string, budgets: DocumentBudgets): Finding[] {
  const found: Found = (path, reason, remedy) => ({ scan, path: join(scan, path), reason, ...(remedy ? { remedy } : {}) })
  if (!isScanId(scan)) return [found('', 'the name breaks the rule of names')]
  if (!look(layout.scan(scan))?.isDirectory()) return [found('', 'is a symbolic link')]
  const folder = look(layout.metadataFolder(scan))
  if (!folder) return look(layout.listing(scan)) ? [found('metadata', 'is missing', 'new_metadata')] : [found('', 'is no scan: it has neither files.json nor metadata')]
  if (!folder.isDirectory()) return [found('metadata', 'is no folder')]
  return [
    ...damageOf(found, 'metadata/metadata.json', 'new_metadata', () => objectIn(layout.root, layout.metadata({ scan }), 'the file', budgets.metadata)),
    ...examineListing(layout, scan, budgets, found)
  ]
}

function examineListing (layout: Layout, scan: string, budgets: DocumentBudgets, found: Found): Finding[] {
  const stat = look(layout.listing(scan))
  if (stat && !stat.isFile()) return [found('files.json', 'is no file')]
  let listing: Listing
  try {
    listing = new Listing(stat ? listingText(layout, scan, budgets.listing) : '')
  } catch (error) {
    if (error instanceof OverBudget) return [found('files.json', error.message)]
    if (!(error instanceof DamagedScan)) throw error
    return [found('files.json', stat ? error.message : 'is missing', 'new_listing')]
  }
  return [
    ...listing.faults.map(reason => found('files.json', reason, 'clean_listing')),
    ...[...listing.filesets.keys()].flatMap(id => examineFileset(layout, { scan, id, listing }, budgets, found))
  ]
}

function examineFileset (layout: Layout, { scan, id, listing }: { scan: string, id: string, listing: Listing }, { metadata: budget }: DocumentBudgets, found: Found): Finding[] {
  const files = [...listing.filesets.get(id)!.files.values()]
  const names = new Set(files.map(({ name }) => name))
  const isFolder = look(layout.fileset(scan, id))?.isDirectory() === true
  const damaged = (path: string, place: Omit<Place, 'scan'>): Finding[] => damageOf(found, path, 'set_aside', () => objectIn(layout.root, layout.metadata({ scan, ...place }), 'the file', budget))
  return [
    ...(isFolder ? [] : [found(id, 'is listed, but is not there as a folder', 'clean_listing')]),
    ...damaged(`metadata/${id}.json`, { fileset: id }),
    ...files.flatMap(({ id: file, name }) => [
      ...(!isFolder || look(layout.content(scan, id, name))?.isFile() ? [] : [found(`${id}/${name}`, 'is listed, but is not there as a file', 'clean_listing')]),
      ...damaged(`metadata/${id}/${file}.json`, { fileset: id, file })
    ]),
    ...filesIn(layout.fileset(scan, id)).filter(name => !names.has(name)).map(name => found(`${id}/${name}`, 'is in no list', 'set_aside'))
  ]
}

/** A listing of what lies in a scan's folder. A file is called by its name without the extension, or by all of it where two would share that. */
export function listingOf (layout: Layout, scan: string): Listing {
  const listing = new Listing('{"filesets":[]}')
  for (const entry of readdirSync(layout.scan(scan), { withFileTypes: true })) {
    if (!entry.isDirectory() || !isFilesetId(entry.name)) continue
    listing.addFileset(entry.name)
    for (const name of filesIn(layout.fileset(scan, entry.name)).sort()) {
      const stem = name.replace(/(.)\.[^.]*$/, '$1')
      const isTaken = listing.filesets.get(entry.name)!.files.has(stem)
      listing.addFile(entry.name, { id: isTaken ? name : stem, name })
    }
  }
  return listing
}
