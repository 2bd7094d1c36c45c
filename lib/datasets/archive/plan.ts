import { isFileName } from '../names.js'
import { pace } from '../pace.js'
import { sortPaced } from '../sort-paced.js'
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
async function topFolder (entries: readonly Entry[]): Promise<string | undefined> {
  let top: string | undefined
  let isListed = false
  for (const { parts } of entries) {
    await pace()
    if (parts.length === 0) continue
    top ??= parts[0]
    if (parts[0] !== top) return undefined
    isListed ||= parts.length === 2 && parts[1] === 'files.json'
  }
  return isListed ? top : undefined
}

/** Without the common top folder, as PlantDB takes archives, and without caches. */
async function placed (entries: readonly Entry[]): Promise<Placed[]> {
  const top = await topFolder(entries)
  if (top !== undefined && !isFileName(top)) invalid(top, 'is no name of a folder')
  const places: Placed[] = []
  for (const entry of entries) {
    await pace()
    const parts = top === undefined ? entry.parts : entry.parts.slice(1)
    if (parts.length > 0 && parts[0] !== 'webcache') places.push({ entry, parts })
  }
  return places
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

/** @throws `archive_invalid` if an entry of the kind has the path already */
function add (entries: Map<string, Entry>, path: string, entry: Entry): void {
  if (entries.has(path)) invalid(entry.name, 'is there twice')
  entries.set(path, entry)
}

const above = (parts: readonly string[]): string[] => parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/'))

/**
 * Finds out what scan the entries of an archive make.
 *
 * @throws `archive_invalid`, `archive_too_large` for a JSON document that is over its budget
 */
export async function planOf (entries: readonly Entry[], budgets: DocumentBudgets): Promise<Plan> {
  const places = await placed(entries.filter(entry => !isLitter(entry)))
  if (!places.some(({ entry, parts }) => !entry.isFolder && parts.length === 1 && parts[0] === 'files.json')) invalid('files.json', 'is missing')
  for (const place of places) {
    checkPlace(place, budgets)
    await pace()
  }
  const files = new Map<string, Entry>()
  const folderEntries = new Map<string, Entry>()
  const folders = new Set<string>()
  for (const { entry, parts } of places) {
    const path = parts.join('/')
    add(entry.isFolder ? folderEntries : files, path, entry)
    if (entry.isFolder) folders.add(path)
    for (const folder of above(parts)) folders.add(folder)
    await pace()
  }

  for (const folder of folders) {
    const file = files.get(folder)
    if (file) invalid(file.name, 'is a file and a folder')
    await pace()
  }
  if (!folders.has('metadata')) invalid('metadata/', 'is missing')
  return { files, folders: await sortPaced([...folders], (a, b) => a < b ? -1 : 1) }
}
