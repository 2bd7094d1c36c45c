import { isOutage } from '../redis/outage.js'
import { Permit } from './commit/permit.js'
import type { Commits } from './commits.js'
import type { Journal } from './journal.js'
import type { Layout } from './layout.js'
import { STRAY_MS } from './lease.js'
import { look } from './fs/look.js'

interface Parts { layout: Layout, journal: Journal, commits: Commits, onError: (error: unknown) => void }

/** Brings scans forward whose last write a crash has cut short, and forgets versions that are of no more use. */
async function settleEach ({ layout, journal, commits, onError }: Parts, scans: readonly string[]): Promise<void> {
  for (const scan of scans) {
    try {
      if (look(layout.listing(scan))?.isFile()) await commits.settle(scan)
      else await commits.alone(Permit.service(scan), () => journal.forget(scan, Infinity))
    } catch (error) {
      if (isOutage(error)) throw error
      // One that is damaged must not keep the others.
      onError(error)
    }
  }
}

/** To be called before the data sets are served. */
export const recoverScans = async (parts: Parts): Promise<void> =>
  settleEach(parts, (await parts.journal.scans()).map(({ scan }) => scan))

/** The same now and then, for scans that nobody has written to for a while. @param now milliseconds since the epoch */
export const tidyJournal = async (parts: Parts, now: number): Promise<void> =>
  settleEach(parts, (await parts.journal.scans()).filter(({ latest }) => latest < now - STRAY_MS).map(({ scan }) => scan))
