import { renameSync } from 'node:fs'
import { excessOfCounts, type DocumentBudget } from './document-budget.js'
import { fail } from '../errors.js'
import { discardFile, Opened, syncFolder } from './disk.js'
import type { Journal } from './journal.js'
import type { Layout } from './layout.js'
import { LostLease, type Lease } from './lease.js'
import type { Listing } from './listing.js'
import { ensureFolders, forgetFormer, putInPlace, removeAll, takeBack } from './placement.js'
import { pace } from './pace.js'
import type { Plan } from './plan.js'
import type { Workspace } from './workspace.js'

/** A batch on its way to the disk. */
export interface Writing {
  scan: string
  lease: Lease
  /** As it is to be. */
  listing: Listing
  plans: readonly Plan[]
  /** Whether the listing is written. */
  relist: boolean
}

/** Characters that are made bytes of and written at once. */
const AT_ONCE = 60_000

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code < 0xdc00

/** A text in parts that are not long. */
function * cut (text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    const to = Math.min(text.length, from + AT_ONCE)
    // What takes two characters is not cut in two.
    const end = to < text.length && isHighSurrogate(text.charCodeAt(to - 1)) ? to - 1 : to
    yield text.slice(from, end)
    from = end
  }
}

/** The same text in pieces that are neither long nor, but for a few, short. */
function * evenly (pieces: Iterable<string>): Generator<string> {
  let waiting = ''
  for (const piece of pieces) {
    const isLong = piece.length >= AT_ONCE
    if (!isLong) waiting += piece
    if (!isLong && waiting.length < AT_ONCE) continue
    yield * cut(waiting)
    waiting = ''
    if (isLong) yield * cut(piece)
  }
  yield * cut(waiting)
}

/** @throws `listing_too_large` */
async function writeListing (file: Opened, listing: Listing, budget: DocumentBudget): Promise<void> {
  let bytes = 0
  for (const piece of evenly(listing.pieces())) {
    const data = Buffer.from(piece)
    bytes += data.length
    const excess = excessOfCounts(bytes, listing.values, budget)
    if (excess !== undefined) return fail('listing_too_large', { errors: [{ path: '', message: excess }] })
    await file.write(data)
    await pace()
  }
}

/** Waits for all, also when one fails: what goes on in the background cannot be taken back. */
async function all (...work: Array<Promise<void>>): Promise<void> {
  const failed = (await Promise.allSettled(work)).find(result => result.status === 'rejected')
  if (failed) throw failed.reason
}

/**
 * Puts a batch on the disk: the new listing beside the old one and into the journal, the files in their places,
 * then the listing in its own. When it fails, nothing of it stays.
 * @throws LostLease if somebody else has the lease: what was put in place stays, to be tried again
 */
export async function writeBatch ({ layout, workspace, journal, budget }: { layout: Layout, workspace: Workspace, journal: Journal, budget: DocumentBudget }, { scan, lease, listing, plans, relist }: Writing): Promise<void> {
  const places = plans.flatMap(plan => plan.place ?? [])
  const draft = workspace.temporary()
  let file: Opened | undefined
  let folders: string[] = []
  let listed = false
  try {
    if (relist) {
      file = new Opened(draft, 'wx')
      await writeListing(file, listing, budget)
      await journal.note(scan, lease.fence, draft)
    }
    folders = await ensureFolders(layout.root, plans.flatMap(plan => plan.folders ?? []))
    await lease.stillHeld()
    await all(lease.check(), file?.sync() ?? Promise.resolve(), putInPlace(layout.root, places, lease.check))
    if (!relist) return
    await lease.stillHeld()
    renameSync(draft, layout.listing(scan))
    listed = true
    await syncFolder(layout.scan(scan))
    await removeAll(plans.flatMap(plan => plan.remove ?? []), workspace.temporary)
  } catch (error) {
    // A lost lease is tried again, with the same files.
    if (!listed && !(error instanceof LostLease)) {
      await takeBack(places, folders)
      // Else the next write would go on from a version that was refused.
      journal.forgetOne(scan, lease.fence)
    }
    throw error
  } finally {
    file?.close()
    if (!listed) discardFile(draft)
    forgetFormer(places)
  }
}
