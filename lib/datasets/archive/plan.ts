import { isFileName } from '../names.js'
import { excessOfSize, type DocumentBudgets } from '../document-budget.js'
import type { Entry } from './entry.js'
import { isFilePlace, isFolderPlace } from './layout.js'
import { invalid, tooLarge } from './refuse.js'

/** What a scan will consist of, by paths relative to its folder. */
export interface Plan {
  files: ReadonlyMap<string, Entry>
  /** Each after the one it is in. */
  folders: readonly string[]
}

interface Placed { entry: Entry, parts: string[] }

/** What systems leave behind in folders and archives. */
const isLitter = ({ parts }: Entry): boolean => parts[0] === '__MACOSX' || parts.some(part => part.startsWith('.'))

/** The folder that everything is in, if `files.json` is there and not at the root. */
function topFolder (entries: readonly Entry[]): string | undefined {
  const [top, ...others] = new Set(entries.map(({ parts }) => parts[0]))
  return others.length === 0 && entries.some(({ parts }) => parts.join('/') === `${top}/files.json`) ? top : undefined
}

/** Without the common top folder, as PlantDB takes archives, and without caches. */
function placed (entries: readonly Entry[]): Placed[] {
  const top = topFolder(entries.filter(({ parts }) => parts.length > 0))
  if (top !== undefined && !isFileName(top)) invalid(top, 'is no name of a folder')
  return entries
    .map(entry => ({ entry, parts: top === undefined ? entry.parts : entry.parts.slice(1) }))
    .filter(({ parts }) => parts.length > 0 && parts[0] !== 'webcache')
}

/** Whether a file holds metadata, of the scan, a fileset or a file. */
export const isMetadata = (path: string): boolean => path.startsWith('metadata/') && path.endsWith('.json')

function checkPlace ({ entry, parts }: Placed, budgets: DocumentBudgets): void {
  const fits = entry.isFolder ? isFolderPlace(parts) : isFilePlace(parts)
  if (!fits) invalid(entry.name, 'has no place in a scan, or a name that none may have')
  const path = parts.join('/')
  if (path !== 'files.json' && !isMetadata(path)) return
  const excess = excessOfSize(entry.size, path === 'files.json' ? budgets.listing : budgets.metadata)
  if (excess !== undefined) tooLarge(entry.name, excess)
}

/** The entries of one kind by their paths; no two may share one. */
function byPath (places: readonly Placed[]): Map<string, Entry> {
  const entries = new Map<string, Entry>()
  for (const { entry, parts } of places) {
    const path = parts.join('/')
    if (entries.has(path)) invalid(entry.name, 'is there twice')
    entries.set(path, entry)
  }
  return entries
}

const above = (parts: readonly string[]): string[] => parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/'))

/**
 * Finds out what scan the entries of an archive make.
 *
 * @throws `archive_invalid`, `archive_too_large` for a JSON document that is over its budget
 */
export function planOf (entries: readonly Entry[], budgets: DocumentBudgets): Plan {
  const places = placed(entries.filter(entry => !isLitter(entry)))
  if (!places.some(({ entry, parts }) => !entry.isFolder && parts.join('/') === 'files.json')) invalid('files.json', 'is missing')
  for (const place of places) checkPlace(place, budgets)
  const files = byPath(places.filter(({ entry }) => !entry.isFolder))
  const folders = new Set([...byPath(places.filter(({ entry }) => entry.isFolder)).keys(), ...places.flatMap(({ parts }) => above(parts))])

  for (const [path, { name }] of files) if (folders.has(path)) invalid(name, 'is a file and a folder')
  if (!folders.has('metadata')) invalid('metadata/', 'is missing')
  return { files, folders: [...folders].sort() }
}
