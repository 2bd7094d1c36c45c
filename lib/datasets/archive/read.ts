import { mkdir, open, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { DocumentWorker } from '../../document-worker/document-worker.js'
import type { DocumentBudgets } from '../document-budget.js'
import { discard, onDisk } from '../disk.js'
import { entriesOf, type Limits } from './directory.js'
import { isMetadata, planOf, type Plan } from './plan.js'
import { together } from './together.js'
import { syncFolders, unpack } from './unpack.js'

/** What an archive may hold, and where its documents are looked at. */
interface Bounds { limits: Limits, budgets: DocumentBudgets, documentWorker: DocumentWorker }

const sizeOf = async (target: string, path: string): Promise<number> => (await stat(join(target, path))).size

/** Checks the documents of an unpacked scan, and gives filesets without files their folders. */
async function complete (target: string, plan: Plan, { budgets, documentWorker }: Bounds, signal?: AbortSignal): Promise<Set<string>> {
  const metadata = [...plan.files.keys()].filter(isMetadata)
  await together(metadata, async path => { await documentWorker.run('checkObject', { target, path, budget: budgets.metadata }, await sizeOf(target, path)) }, signal)
  const files = [...plan.files.keys()].join('\n')
  const filesets = await documentWorker.run('checkPaths', { target, path: 'files.json', budget: budgets.listing, files }, files.length + await sizeOf(target, 'files.json'))
  for (const id of filesets) await mkdir(join(target, id), { recursive: true })
  return new Set([...plan.folders, ...filesets])
}

/** @property signal stops it; its reason is thrown @property admit is told the bytes of the scan's own metadata before anything is written, and throws to refuse them */
interface Unpacking { signal?: AbortSignal, admit?: (metadata: number) => void }

const metadataIn = ({ files }: Plan): number => files.get('metadata/metadata.json')?.size ?? 0

async function fill (archive: FileHandle, target: string, plan: Plan, bounds: Bounds, signal?: AbortSignal): Promise<void> {
  try {
    await unpack(archive, plan, target, signal)
    await syncFolders(target, await complete(target, plan, bounds, signal))
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
export const unpackArchive = (zipPath: string, target: string, bounds: Bounds, { signal, admit }: Unpacking = {}): Promise<void> => onDisk(async () => {
  const archive = await open(zipPath)
  try {
    const plan = await planOf(await entriesOf(archive, bounds.limits), bounds.budgets)
    signal?.throwIfAborted()
    admit?.(metadataIn(plan))
    await mkdir(target)
    await fill(archive, target, plan, bounds, signal)
  } finally {
    await archive.close()
  }
})
