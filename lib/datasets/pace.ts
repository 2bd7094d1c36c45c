import { setImmediate } from 'node:timers/promises'

const SLICE_MS = 8

/** Lets other work through whenever a long one has held the event loop for a while; to be called in its loops. */
export function createPace (): () => Promise<void> {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < SLICE_MS) return
    await setImmediate()
    since = performance.now()
  }
}
