import { setTimeout as sleep } from 'node:timers/promises'
import type { Commits } from './commits.js'
import type { Journal } from './journal.js'
import type { Layout } from './layout.js'
import { recoverScans, tidyJournal } from './recovery.js'
import type { ScanIndex } from './scan-index.js'
import { readSnapshot, writeSnapshot } from './snapshot.js'
import type { Workspace } from './workspace.js'

export interface Log { warn: (details: object, message: string) => void, info: (details: object, message: string) => void }

/** Gets the data sets ready in the background, and keeps what is known of them. */
export interface Upkeep {
  /** Fulfilled when the folder is indexed. */
  opened: Promise<void>
  isReady: () => boolean
  /** Begins to read the folder, between other work. */
  begin: () => void
  close: () => Promise<void>
}

/** How often it is looked whether the index has changed, and is to be kept for the next start. */
const KEEP_INDEX_MS = 15_000
/** A large index takes longer to be kept, and is kept less often: for a thirtieth of the time at most. */
const KEEP_INDEX_PAUSES = 30
const TIDY_MS = 300_000
const RETRY_MS = 5_000
const SAY_MS = 5_000

interface Parts { layout: Layout, workspace: Workspace, index: ScanIndex, journal: Journal, commits: Commits, now: () => number, log: Log }

export function startUpkeep ({ layout, workspace, index, journal, commits, now, log }: Parts): Upkeep {
  let ready = false
  const closing = new AbortController()
  const pauseFor = async (ms: number): Promise<void> => { await sleep(ms, undefined, { signal: closing.signal, ref: false }).catch(() => {}) }
  const onError = (error: unknown): void => log.warn({ err: error }, 'work on data sets in the background failed')

  const keepIndex = async (): Promise<void> => {
    if (!ready || !index.changed) return
    index.changed = false
    try {
      await writeSnapshot(workspace.snapshot, workspace.temporary(), index.kept())
    } catch (error) {
      index.changed = true
      throw error
    }
  }

  const keepIndexAgain = async (): Promise<void> => {
    let pause = KEEP_INDEX_MS
    while (!closing.signal.aborted) {
      await pauseFor(pause)
      const began = performance.now()
      try {
        await keepIndex()
        pause = KEEP_INDEX_MS + KEEP_INDEX_PAUSES * (performance.now() - began)
      } catch (error) {
        // A full disk stays so for a while, and is not to be said every few seconds.
        pause = TIDY_MS
        onError(error)
      }
    }
  }

  const load = async (): Promise<void> => {
    const began = performance.now()
    await workspace.sweep()
    await recoverScans({ layout, journal, commits, onError })
    let said = began
    await index.load(await readSnapshot(workspace.snapshot), (done, of) => {
      if (performance.now() - said < SAY_MS) return
      said = performance.now()
      log.info({ done, of }, 'data sets are being indexed')
    })
    log.info({ scans: index.size, ms: Math.round(performance.now() - began) }, 'data sets are indexed')
    for (const { path, reason } of index.faults()) log.warn({ path, reason }, 'cannot be used')
    ready = true
  }

  const loadAtLast = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        return await load()
      } catch (error) {
        onError(error)
        await pauseFor(RETRY_MS)
      }
    }
  }

  let begun: Promise<void> | undefined
  let keeping: Promise<void> | undefined
  let open = (): void => {}
  const opened = new Promise<void>(resolve => { open = resolve })
  const timer = setInterval(() => { tidyJournal({ layout, journal, commits, onError }, now()).catch(onError) }, TIDY_MS).unref()
  return {
    opened,
    isReady: () => ready,
    begin: () => {
      begun ??= loadAtLast().then(open)
      keeping ??= begun.then(keepIndexAgain)
    },
    close: async () => {
      closing.abort()
      clearInterval(timer)
      await begun
      await keeping
      await keepIndex().catch(onError)
    }
  }
}
