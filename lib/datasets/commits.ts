import { isOutage } from '../redis/outage.js'
import { nextBatch } from './batch.js'
import { createCarryingOut, type CommitParts } from './commit/carry-out.js'
import type { Permit } from './commit/permit.js'
import type { Waiting } from './commit/plan-batch.js'
import { createCrowd, type Crowd } from './crowd.js'
import { onDisk } from './disk.js'
import { LostLease } from './lease.js'
import type { Change } from './plan.js'

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
  /**
   * @param permit asked when the turn of the change has come; what it throws is thrown, and nothing changed
   * @param concerns what it changes: a fileset, a file as `fileset/id`, `@` and a fileset for the metadata of that, or `@` alone
   */
  change: (permit: Permit, concerns: readonly string[], change: Change) => Promise<void>
  /** Runs work that makes or removes the whole scan, while nobody else writes to it; the permit is asked first. */
  alone: <T>(permit: Permit, work: () => Promise<T>) => Promise<T>
  /** Brings a scan forward to the last version that was noted. */
  settle: (scan: string) => Promise<void>
}

/** The changes of a scan that wait, and whether somebody is at them. */
interface Line { waiting: Waiting[], crowd: Crowd, runs: boolean }
export function createCommits (parts: CommitParts): Commits {
  const { commit, forget } = createCarryingOut(parts)
  const lines = new Map<string, Line>()

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
      const lease = await parts.leases.take(scan)
      forget(scan)
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
