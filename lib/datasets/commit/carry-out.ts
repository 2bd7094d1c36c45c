import type { DocumentWorker } from '../../document-worker/document-worker.js'
import { fail } from '../../errors.js'
import { bringForward } from '../bring-forward.js'
import type { ChangeFeed } from '../changes.js'
import type { DocumentBudget } from '../document-budget.js'
import type { Journal } from '../journal.js'
import type { Layout } from '../layout.js'
import { LostLease, type Lease, type Leases } from '../lease.js'
import type { Listing } from '../listing.js'
import type { Touched } from '../plan.js'
import { look } from '../fs/look.js'
import type { Workspace } from '../workspace.js'
import { writeBatch } from '../write-batch.js'
import { planBatch, type Planned, type Waiting } from './plan-batch.js'
import { underLease } from './under-lease.js'

/** Of so many scans, those written last, the listing is kept: another is read from the disk. */
const REMEMBERED = 256

/** What this replica knows of a scan that it wrote last; `noted` is the fence of the one version in the journal, if that is known. */
interface Latest { fence: number, listing: Listing, noted: number | undefined }

export interface CommitParts {
  layout: Layout
  /** Of `files.json`. */
  budget: DocumentBudget
  documentWorker: DocumentWorker
  workspace: Workspace
  leases: Leases
  journal: Journal
  feed: ChangeFeed
  /** @param exact whether this replica wrote the version before as well */
  onCommit: (scan: string, listing: Listing, touched: Touched, exact: boolean) => Promise<void>
}

/** Puts batches of changes on the disk, each under one lease of its scan. */
export interface CarryingOut {
  /** @throws LostLease if another replica came in between, so that it is to be tried again */
  commit: (scan: string, batch: Waiting[]) => Promise<void>
  /** What was known of a scan is not true any more. */
  forget: (scan: string) => void
}

export function createCarryingOut (parts: CommitParts): CarryingOut {
  const { leases, layout, journal, feed } = parts
  const latest = new Map<string, Latest>()

  const present = async (scan: string, lease: Lease): Promise<{ listing: Listing, ahead: boolean, known: Latest | undefined }> => {
    const known = latest.get(scan)
    // What goes wrong from here on leaves a listing that is not the one on disk.
    latest.delete(scan)
    if (!look(layout.scan(scan))?.isDirectory()) return fail('scan_not_found')
    if (known && known.fence === lease.previous) return { listing: known.listing, ahead: false, known }
    return { ...await bringForward(parts, scan, lease), known: undefined }
  }

  /** Plans a batch and puts it on the disk. @returns those that were not refused, and what lies there then */
  const carryOut = async (scan: string, batch: Waiting[], lease: Lease): Promise<{ planned: Planned[], now: Latest }> => {
    const { listing, ahead, known } = await present(scan, lease)
    const planned = await planBatch(batch, listing)
    const plans = planned.map(({ plan }) => plan)
    const touched: Touched = new Map(plans.flatMap(plan => [...plan.touched]))
    const relist = ahead || plans.some(plan => plan.list)
    const writes = ahead || touched.size > 0
    if (writes) {
      await writeBatch(parts, { scan, lease, listing, plans, relist })
      await parts.onCommit(scan, listing, touched, known !== undefined)
      for (const { counted } of plans) counted?.()
    }
    await Promise.all([
      writes && feed.publish({ scan, touched: ahead ? undefined : [...touched.keys()] }),
      tidyUp(scan, lease, relist, known)
    ])
    return { planned, now: { fence: lease.fence, listing, noted: relist && lease.strays.length === 0 ? lease.fence : undefined } }
  }

  /** Forgets the versions before this one: without a look where this replica knows that there is one. */
  const tidyUp = async (scan: string, { fence, strays }: Lease, relisted: boolean, known: Latest | undefined): Promise<void> => {
    if (relisted && known?.noted !== undefined && strays.length === 0) journal.forgetOne(scan, known.noted)
    else await journal.forget(scan, fence, strays)
  }

  const commit = async (scan: string, batch: Waiting[]): Promise<void> => {
    const lease = await leases.take(scan)
    const { planned, now } = await underLease(lease, () => carryOut(scan, batch, lease))
    if (!await lease.release()) throw new LostLease()
    latest.set(scan, now)
    if (latest.size > REMEMBERED) latest.delete(latest.keys().next().value!)
    for (const { waiting } of planned) waiting.resolve()
  }

  return { commit, forget: scan => { latest.delete(scan) } }
}
