import { fail } from '../errors.js'
import { isOutage } from '../redis/outage.js'
import { nextBatch, type Concerned } from './batch.js'
import { bringForward } from './bring-forward.js'
import type { ChangeFeed } from './changes.js'
import { createCrowd, type Crowd } from './crowd.js'
import type { DocumentBudget } from './document-budget.js'
import { asProblem, onDisk } from './disk.js'
import type { Journal } from './journal.js'
import type { Layout } from './layout.js'
import { LostLease, type Lease, type Leases } from './lease.js'
import { DamagedScan, type Listing } from './listing.js'
import type { Permit } from './commit/permit.js'
import type { Change, Plan, Touched } from './plan.js'
import { look } from './read-scan.js'
import type { Workspace } from './workspace.js'
import { writeBatch } from './write-batch.js'

/**
 * Writes to scans. Changes of a scan that wait at the same time share one lease and one rewrite of
 * `files.json`.
 *
 * Callers rely on: when the promise is fulfilled, the change is on disk as a whole and survives a crash of
 * the machine; when it is rejected, nothing of it stays, except after an outage in its last moment, where it
 * may have happened.
 */
export interface Commits {
  /**
   * Says that a change of a scan is on its way. The next batch waits a moment for it, because one rewrite for
   * all is soonest for all.
   * @returns to be called when it was handed in or will not come
   */
  expect: (scan: string) => () => void
  /** @param permit asked when the turn of the change has come; what it throws is thrown, and nothing changed
   * @param concerns what it changes: a fileset, a file as `fileset/id`, `@` and a fileset for the metadata of that, or `@` alone */
  change: (permit: Permit, concerns: readonly string[], change: Change) => Promise<void>
  /** Runs work that makes or removes the whole scan, while nobody else writes to it; the permit is asked first. */
  alone: <T>(permit: Permit, work: () => Promise<T>) => Promise<T>
  /** Brings a scan forward to the last version that was noted. */
  settle: (scan: string) => Promise<void>
}

/** Of so many scans, those written last, the listing is kept: another is read from the disk. */
const REMEMBERED = 256

/** `again`: it was planned before; `refused`: it was told that it cannot be. */
interface Waiting extends Concerned { permit: Permit, change: Change, again: boolean, refused: boolean, resolve: () => void, reject: (error: unknown) => void }
/** The changes of a scan that wait, and whether somebody is at them. */
interface Line { waiting: Waiting[], crowd: Crowd, runs: boolean }
interface Planned { waiting: Waiting, plan: Plan }
/** What this replica knows of a scan that it wrote last; `noted` is the fence of the one version in the journal, if that is known. */
interface Latest { fence: number, listing: Listing, noted: number | undefined }
interface Parts {
  layout: Layout
  /** Of `files.json`. */
  budget: DocumentBudget
  workspace: Workspace
  leases: Leases
  journal: Journal
  feed: ChangeFeed
  /** @param exact whether this replica wrote the version before as well */
  onCommit: (scan: string, listing: Listing, touched: Touched, exact: boolean) => void
}

export function createCommits (parts: Parts): Commits {
  const { leases, layout, journal, feed } = parts
  const lines = new Map<string, Line>()
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
    const planned = await planAll(batch, listing)
    const plans = planned.map(({ plan }) => plan)
    const touched: Touched = new Map(plans.flatMap(plan => [...plan.touched]))
    const relist = ahead || plans.some(plan => plan.list)
    const writes = ahead || touched.size > 0
    if (writes) {
      await writeBatch(parts, { scan, lease, listing, plans, relist })
      parts.onCommit(scan, listing, touched, known !== undefined)
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
    const { planned, now } = await holding(lease, () => carryOut(scan, batch, lease))
    if (!await lease.release()) throw new LostLease()
    latest.set(scan, now)
    if (latest.size > REMEMBERED) latest.delete(latest.keys().next().value!)
    for (const { waiting } of planned) waiting.resolve()
  }

  /** Tries until no other replica came in between. */
  const insist = async (scan: string, batch: Waiting[]): Promise<void> => {
    for (let open = batch; ; open = open.filter(waiting => !waiting.refused)) {
      try {
        return await onDisk(() => commit(scan, open))
      } catch (error) {
        if (!(error instanceof LostLease)) throw error
      }
    }
  }

  const lineOf = (scan: string): Line => {
    const line = lines.get(scan) ?? { waiting: [], crowd: createCrowd(), runs: false }
    lines.set(scan, line)
    return line
  }

  /** After a batch failed: one change that cannot be carried out must not take those of others along. */
  const eachAlone = async (scan: string, batch: readonly Waiting[], error: unknown): Promise<void> => {
    for (const one of batch) {
      if (batch.length === 1 || !one.again || isOutage(error)) one.reject(error)
      else await insist(scan, [one]).catch(one.reject)
    }
  }

  const run = async (scan: string, line: Line): Promise<void> => {
    const { waiting, crowd } = line
    for (let answered = 0; waiting.length > 0;) {
      await crowd.gather(() => waiting.length, answered)
      const batch = nextBatch(waiting)
      await insist(scan, batch).catch(error => eachAlone(scan, batch, error))
      answered = batch.length
    }
    // In the same step as the last look at the line: a change that came after it would wait for ever.
    line.runs = false
    leave(scan, line)
  }

  const leave = (scan: string, { waiting, crowd }: Line): void => {
    if (waiting.length === 0 && crowd.isEmpty()) lines.delete(scan)
  }

  return {
    expect: scan => {
      const line = lineOf(scan)
      const isHere = line.crowd.expect()
      return () => {
        isHere()
        if (!line.runs) leave(scan, line)
      }
    },
    change: (permit, concerns, change) => new Promise((resolve, reject) => {
      const { scan } = permit
      const line = lineOf(scan)
      line.waiting.push({ permit, concerns, change, again: false, refused: false, resolve, reject })
      if (line.runs) return
      line.runs = true
      void run(scan, line)
    }),
    alone: async (permit, work) => {
      const { scan } = permit
      const lease = await leases.take(scan)
      latest.delete(scan)
      try {
        await permit.ask()
        return await work()
      } finally {
        await lease.release()
      }
    },
    settle: scan => insist(scan, [])
  }
}

/** Does work under a lease, and gives the lease back if the work fails. @throws LostLease, `scan_damaged`, those of the work */
async function holding<T> (lease: Lease, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    // One that cannot be given back lapses; what went wrong first counts.
    const isHeld = await lease.release().catch(() => true)
    if (!(error instanceof DamagedScan)) throw error
    // Who was stopped while it read has seen parts of what another one wrote meanwhile.
    if (!isHeld) throw new LostLease()
    return fail('scan_damaged', { cause: error })
  }
}

/** Asks the changes of a batch whether they still may, and plans them one after the other, each on what the ones before it made. */
async function planAll (batch: readonly Waiting[], listing: Listing): Promise<Planned[]> {
  const planned: Planned[] = []
  const asked = await Promise.allSettled(batch.map(async ({ permit }) => await permit.ask()))
  for (const [i, waiting] of batch.entries()) {
    try {
      const answer = asked[i]!
      if (answer.status === 'rejected') throw answer.reason
      const plan = await waiting.change(listing, waiting.again)
      plan.list?.(listing)
      waiting.again = true
      planned.push({ waiting, plan })
    } catch (error) {
      waiting.again = false
      waiting.refused = true
      waiting.reject(asProblem(error))
    }
  }
  return planned
}
