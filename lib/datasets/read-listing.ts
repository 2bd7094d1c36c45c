import type { DocumentWorker } from '../document-worker/document-worker.js'
import type { DocumentBudget } from './document-budget.js'
import { look } from './fs/look.js'
import { Listing } from './listing.js'

/** Reads a `files.json`, or another version of it. @throws DamagedScan, OverBudget */
export const readListing = async (documentWorker: DocumentWorker, path: string, budget: DocumentBudget): Promise<Listing> =>
  await Listing.open(await documentWorker.run('outlineAt', { path, budget }, look(path)?.size ?? 0))
