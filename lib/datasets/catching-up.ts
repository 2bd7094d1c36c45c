import type { ScanIndex } from './scan-index.js'

/** Reads what was marked stale, in the background, so that it is counted although nobody asks for it. */
export interface CatchingUp {
  /** To be called when something was. */
  soon: () => void
  /** Fulfilled when nothing is read any more. */
  close: () => Promise<void>
}

/** What comes within this time is read together. */
const GATHER_MS = 250

export function createCatchingUp ({ index, onError }: { index: Pick<ScanIndex, 'readStale'>, onError: (error: unknown) => void }): CatchingUp {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let isAwaited = false
  let isClosed = false

  const soon = (): void => {
    isAwaited = true
    if (isClosed || timer !== undefined || running) return
    timer = setTimeout(() => {
      timer = undefined
      isAwaited = false
      running = index.readStale(() => isClosed).catch(onError).finally(() => {
        running = undefined
        if (isAwaited) soon()
      })
    }, GATHER_MS).unref()
  }

  return {
    soon,
    close: async () => {
      isClosed = true
      clearTimeout(timer)
      await running
    }
  }
}
