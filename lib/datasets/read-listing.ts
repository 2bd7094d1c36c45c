import type { Aside } from '../aside/aside.js'
import type { DocumentBudget } from './document-budget.js'
import { look } from './fs/look.js'
import { Listing } from './listing.js'

/** Reads a `files.json`, or another version of it. @throws DamagedScan, OverBudget */
export const readListing = async (aside: Aside, path: string, budget: DocumentBudget): Promise<Listing> =>
  await Listing.open(await aside.run('outlineAt', { path, budget }, look(path)?.size ?? 0))
