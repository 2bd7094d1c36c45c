import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { DEEPEST, isDeep } from '../json/read.js'
import { OverBudget, type DocumentBudget, type DocumentBudgets } from './document-budget.js'
import type { Layout, Place } from './layout.js'
import { DamagedScan, EMPTY_LISTING, Listing } from './listing.js'
import { isFilesetId, isScanId } from './names.js'
import { documentIn, outlineAt } from './format/document.js'
import { look } from './fs/look.js'

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
  new_metadata: 'set documentWorker, and replaced so that only admins see the scan',
  new_listing: 'set documentWorker, and made anew from the files that are there',
  clean_listing: 'the list is set documentWorker, and written without what cannot be used',
  set_aside: 'set documentWorker'
}

/** Damage: `path` is relative to the folder of the data sets; without a remedy a human has to look at it. */
export interface Finding { scan: string, path: string, reason: string, remedy?: Remedy }

/** What is wrong with metadata: `kept` is not damage, but keeps something from being shown, as a larger budget would not. */
const damageOf = (root: string, path: string, budget: DocumentBudget): { reason: string, kept: boolean } | undefined => {
  try {
    if (isDeep(documentIn(root, path, 'the file', budget)?.text ?? '')) return { reason: `is nested more than ${DEEPEST} deep; what lies deeper is kept, and shown as null`, kept: true }
  } catch (error) {
    if (error instanceof DamagedScan) return { reason: error.message, kept: error instanceof OverBudget }
    throw error
  }
}

const filesIn = (folder: string): string[] =>
  look(folder)?.isDirectory() ? readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isFile() && !entry.name.startsWith('.')).map(({ name }) => name) : []

/** Everything of a scan that cannot be used, and files in its filesets that no list has. */
export async function examineScan (layout: Layout, scan: string, budgets: DocumentBudgets): Promise<Finding[]> {
  const found: Found = (path, reason, remedy) => ({ scan, path: join(scan, path), reason, ...(remedy ? { remedy } : {}) })
  if (!isScanId(scan)) return [found('', 'the name breaks the rule of names')]
  if (!look(layout.scan(scan))?.isDirectory()) return [found('', 'is a symbolic link')]
  const folder = look(layout.metadataFolder(scan))
  if (!folder) return look(layout.listing(scan)) ? [found('metadata', 'is missing', 'new_metadata')] : [found('', 'is no scan: it has neither files.json nor metadata')]
  if (!folder.isDirectory()) return [found('metadata', 'is no folder')]
  return [
    ...examineMetadata(layout, { scan }, 'new_metadata', budgets.metadata, found),
    ...await examineListing(layout, scan, budgets, found)
  ]
}

type Found = (path: string, reason: string, remedy?: Remedy) => Finding

function examineMetadata (layout: Layout, place: Place, remedy: Remedy, budget: DocumentBudget, found: Found): Finding[] {
  const path = layout.metadata(place)
  const damage = damageOf(layout.root, path, budget)
  return damage ? [found(relative(layout.scan(place.scan), path), damage.reason, damage.kept ? undefined : remedy)] : []
}

async function examineListing (layout: Layout, scan: string, budgets: DocumentBudgets, found: Found): Promise<Finding[]> {
  const stat = look(layout.listing(scan))
  if (stat && !stat.isFile()) return [found('files.json', 'is no file')]
  let listing: Listing
  try {
    listing = await Listing.open(outlineAt({ path: layout.listing(scan), budget: budgets.listing }))
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
  return [
    ...(isFolder ? [] : [found(id, 'is listed, but is not there as a folder', 'clean_listing')]),
    ...examineMetadata(layout, { scan, fileset: id }, 'set_aside', budget, found),
    ...files.flatMap(({ id: file, name }) => [
      ...(!isFolder || look(layout.content(scan, id, name))?.isFile() ? [] : [found(`${id}/${name}`, 'is listed, but is not there as a file', 'clean_listing')]),
      ...examineMetadata(layout, { scan, fileset: id, file }, 'set_aside', budget, found)
    ]),
    ...filesIn(layout.fileset(scan, id)).filter(name => !names.has(name)).map(name => found(`${id}/${name}`, 'is in no list', 'set_aside'))
  ]
}

/** A listing of what lies in a scan's folder. A file is called by its name without the extension, or by all of it where two would share that. */
export async function listingOf (layout: Layout, scan: string): Promise<Listing> {
  const listing = await Listing.of(EMPTY_LISTING)
  for (const entry of readdirSync(layout.scan(scan), { withFileTypes: true })) {
    if (!entry.isDirectory() || !isFilesetId(entry.name)) continue
    listing.addFileset(entry.name)
    for (const name of filesIn(layout.fileset(scan, entry.name)).sort()) {
      const stem = name.replace(/(.)\.[^.]*$/, '$1')
      const isTaken = listing.filesets.get(entry.name)!.files.has(stem)
      await listing.addFile(entry.name, { id: isTaken ? name : stem, name })
    }
  }
  return listing
}
