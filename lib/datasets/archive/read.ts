import { mkdir, open, readFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { parseJson } from '../../json/read.js'
import { excessOf, type DocumentBudget, type DocumentBudgets } from '../document-budget.js'
import { discard, onDisk } from '../disk.js'
import { entriesOf, type Limits } from './directory.js'
import { checkListing } from './listing.js'
import { isMetadata, planOf, type Plan } from './plan.js'
import { invalid, tooLarge } from './refuse.js'
import { together } from './together.js'
import { syncFolders, unpack } from './unpack.js'

async function readObject (target: string, path: string, budget: DocumentBudget): Promise<object> {
  const text = await readFile(join(target, path), 'utf8')
  const excess = excessOf(text, budget)
  if (excess !== undefined) return tooLarge(path, excess)
  try {
    const value = parseJson(text)
    if (value instanceof Object && !Array.isArray(value)) return value
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return invalid(path, 'is no JSON')
  }
  return invalid(path, 'is no JSON object')
}

/** Checks the documents of an unpacked scan, and gives filesets without files their folders. */
async function complete (target: string, plan: Plan, budgets: DocumentBudgets, signal?: AbortSignal): Promise<Set<string>> {
  const metadata = [...plan.files.keys()].filter(isMetadata)
  await together(metadata, async path => { await readObject(target, path, budgets.metadata) }, signal)
  const filesets = checkListing(await readObject(target, 'files.json', budgets.listing), plan)
  for (const id of filesets) await mkdir(join(target, id), { recursive: true })
  return new Set([...plan.folders, ...filesets])
}

/** @property signal stops it; its reason is thrown @property admit is told the bytes of all metadata before anything is written, and throws to refuse them */
interface Unpacking { signal?: AbortSignal, admit?: (metadata: number) => void }

const metadataIn = ({ files }: Plan): number => [...files].reduce((sum, [path, { size }]) => isMetadata(path) ? sum + size : sum, 0)

async function fill (archive: FileHandle, target: string, plan: Plan, budgets: DocumentBudgets, signal?: AbortSignal): Promise<void> {
  try {
    await unpack(archive, plan, target, signal)
    await syncFolders(target, await complete(target, plan, budgets, signal))
    signal?.throwIfAborted()
  } catch (error) {
    await discard(target)
    throw error
  }
}

/**
 * Unpacks a ZIP of one scan, in PlantDB's layout, into a new folder; every file and folder is synced. Names,
 * kinds, sizes and places of all entries are checked before anything is written, their bytes while they are
 * written, `files.json` and the metadata after that. If anything is not right, no folder is left.
 *
 * @param target a folder that does not exist yet; its parent does, and is not synced
 * @throws `archive_invalid` with the entry that is at fault, `archive_too_large`, `storage_full`, `storage_unavailable`
 */
export const unpackArchive = (zipPath: string, target: string, limits: Limits, budgets: DocumentBudgets, { signal, admit }: Unpacking = {}): Promise<void> => onDisk(async () => {
  const archive = await open(zipPath)
  try {
    const plan = planOf(await entriesOf(archive, limits), budgets)
    signal?.throwIfAborted()
    admit?.(metadataIn(plan))
    await mkdir(target)
    await fill(archive, target, plan, budgets, signal)
  } finally {
    await archive.close()
  }
})
