import { lstatSync, type Stats } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { isObject, parseExact } from '../json/exact.js'
import { parseJson } from '../json/read.js'
import { rewriteJson } from '../json/rewrite.js'
import { demandWithin, excessOf, excessOfSize, OverBudget, type DocumentBudget, type DocumentBudgets } from './document-budget.js'
import type { FileRecord, FilesetRecord, Filesets, Metadata } from './index-entry.js'
import { DamagedScan, Listing, type Fault, type ListedFileset } from './listing.js'
import { layoutOf, type Layout } from './layout.js'
import { textOf } from './plain-file.js'

/** A scan as it lies in the folder, and what of it cannot be used. */
export interface ReadScan { metadata: Metadata, filesets: Filesets, stamp: string, created: number, modified: number, faults: Fault[] }

/** What a path is, without following a link; undefined if there is nothing. */
export const look = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false })

const stampOf = ({ ino, size, mtimeMs }: Stats): string => `${ino}.${size}.${mtimeMs}`

const statOf = (path: string, what: string): Stats => {
  const stat = look(path)
  if (!stat) throw new DamagedScan(`${what} is missing`)
  if (!stat.isFile()) throw new DamagedScan(`${what} is no file`)
  return stat
}

/** Tells versions of the metadata of a scan apart. */
export function stampOfMetadata (layout: Layout, scan: string): string {
  const metadata = look(layout.metadata({ scan }))
  return metadata ? stampOf(metadata) : '-'
}

/** Tells versions of what the index holds of a scan apart. @throws DamagedScan */
export function stampOfScan (layout: Layout, scan: string): string {
  return `${stampOf(statOf(layout.listing(scan), 'files.json'))}|${stampOfMetadata(layout, scan)}`
}

/** The folders on the way from a root to a path, without both. */
const between = (root: string, path: string): string[] => {
  const parts = relative(root, path).split(sep).slice(0, -1)
  return parts.map((_part, i) => join(root, ...parts.slice(0, i + 1)))
}

/** Whether every folder on the way to a path is there, and none is a link that could lead elsewhere. */
export const isInside = (root: string, path: string): boolean => between(root, path).every(folder => look(folder)?.isDirectory())

/** The text of a document. @throws OverBudget before it is read, or before anybody parses it */
function documentText (path: string, what: string, { size }: Stats, budget: DocumentBudget): string {
  demandWithin(excessOfSize(size, budget), what)
  const text = textOf(path)
  demandWithin(excessOf(text, budget), what)
  return text
}

/** The text of `files.json`. @throws DamagedScan */
export const listingText = (layout: Layout, scan: string, budget: DocumentBudget): string =>
  documentText(layout.listing(scan), 'files.json', statOf(layout.listing(scan), 'files.json'), budget)

/** A JSON object on the disk: its text, and its value as `parseJson` has it. */
export interface Document { text: string, value: Metadata }

/**
 * Reads a JSON object below a root, as Python writes it, too; undefined if it is not there.
 * @throws DamagedScan if it is there and no object, or behind a link; OverBudget
 */
export function documentIn (root: string, path: string, what: string, budget: DocumentBudget): Document | undefined {
  for (const folder of between(root, path)) {
    const stat = look(folder)
    if (!stat) return undefined
    if (!stat.isDirectory()) throw new DamagedScan(`${what} lies behind something that is no folder`)
  }
  const stat = look(path)
  if (!stat) return undefined
  if (!stat.isFile()) throw new DamagedScan(`${what} is no file`)
  const text = documentText(path, what, stat, budget)
  let value: unknown
  try {
    value = parseJson(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new DamagedScan(`${what} is no valid JSON`)
  }
  if (!isObject(value)) throw new DamagedScan(`${what} is no JSON object`)
  return { text, value }
}

/** The value of a JSON object below a root. Throws as `documentIn` does. */
export const objectIn = (root: string, path: string, what: string, budget: DocumentBudget): Metadata | undefined => documentIn(root, path, what, budget)?.value

export const NOTHING: Document = { text: '{}', value: {} }

/** PlantDB keeps these with the fileset of the pictures, and shows them as the scan's. */
const ofImages = ['object', 'hardware', 'acquisition_date'] as const

/**
 * The metadata of a scan. What PlantDB keeps in `images.json` fills in what is missing.
 * @throws DamagedScan: without its metadata nobody knows who may see the scan; OverBudget
 */
export function readScanDocument (layout: Layout, scan: string, budget: DocumentBudget): Document {
  const own = documentIn(layout.root, layout.metadata({ scan }), 'metadata/metadata.json', budget) ?? NOTHING
  if (ofImages.every(key => key in own.value)) return own
  let images = NOTHING
  try {
    images = documentIn(layout.root, layout.metadata({ scan, fileset: 'images' }), 'metadata/images.json', budget) ?? NOTHING
  } catch (error) {
    if (!(error instanceof DamagedScan)) throw error
  }
  const missing = ofImages.filter(key => !(key in own.value) && key in images.value)
  return missing.length === 0 ? own : filledIn(own, images, missing)
}

/** A document with members of another one. */
function filledIn (own: Document, other: Document, keys: readonly string[]): Document {
  const withKeys = (own: Metadata, other: Metadata): Metadata => ({ ...own, ...Object.fromEntries(keys.map(key => [key, other[key]])) })
  const [ownExact, otherExact] = [own, other].map(({ text }) => parseExact(text) as Metadata) as [Metadata, Metadata]
  return { text: rewriteJson(own.text, withKeys(ownExact, otherExact)), value: withKeys(own.value, other.value) }
}

/** The value of the metadata of a scan. Throws as `readScanDocument` does. */
export const readScanMetadata = (layout: Layout, scan: string, budget: DocumentBudget): Metadata => readScanDocument(layout, scan, budget).value

/** What the disk says of a listed file; undefined if it is not there, or no file. */
export function readFileRecord (layout: Layout, scan: string, fileset: string, id: string, name: string): FileRecord | undefined {
  const stat = look(layout.content(scan, fileset, name))
  if (!stat?.isFile()) return undefined
  return { id, name, bytes: stat.size, created: stat.birthtimeMs || stat.mtimeMs, modified: stat.mtimeMs }
}

/** @param known records that are still right, by file id */
export async function readFileset (layout: Layout, scan: string, listed: ListedFileset, pace: () => Promise<void>, known?: ReadonlyMap<string, FileRecord>): Promise<{ record: FilesetRecord | undefined, faults: Fault[] }> {
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

/** What stands for metadata of a scan that are over their budget: as nobody knows who may see it, only admins do. */
const UNREAD: Metadata = { visibility: 'private' }

export function metadataWithin (layout: Layout, scan: string, budget: DocumentBudget): { metadata: Metadata, faults: Fault[] } {
  try {
    return { metadata: readScanMetadata(layout, scan, budget), faults: [] }
  } catch (error) {
    if (!(error instanceof OverBudget)) throw error
    return { metadata: UNREAD, faults: [{ path: `${scan}/metadata/metadata.json`, reason: error.message, isThere: true }] }
  }
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
export async function readScan (root: string, scan: string, budgets: DocumentBudgets, pace: () => Promise<void>, before?: Before): Promise<ReadScan> {
  const layout = layoutOf(root)
  const folder = look(layout.scan(scan))
  if (!folder?.isDirectory()) throw new DamagedScan(folder?.isSymbolicLink() ? 'is a symbolic link' : 'is no folder')
  if (folder.dev !== look(root)?.dev) throw new DamagedScan('lies on another file system than the database')
  if (!look(layout.metadataFolder(scan))?.isDirectory()) throw new DamagedScan('has no metadata folder')
  const stamp = stampOfScan(layout, scan)
  const { metadata, faults } = metadataWithin(layout, scan, budgets.metadata)
  const listing = new Listing(listingText(layout, scan, budgets.listing))
  faults.push(...listing.faults.map(reason => ({ path: `${scan}/files.json`, reason })))
  const filesets: Filesets = new Map()
  for (const listed of listing.filesets.values()) {
    const { record, faults: more } = await readFileset(layout, scan, listed, pace, unchanged(before, listed.id))
    if (record) filesets.set(listed.id, record)
    faults.push(...more)
  }
  return { metadata, filesets, stamp, created: folder.birthtimeMs || folder.ctimeMs, modified: look(layout.listing(scan))?.mtimeMs ?? 0, faults }
}
