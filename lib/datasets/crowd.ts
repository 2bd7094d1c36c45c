import { setTimeout as sleep } from 'node:timers/promises'

/** The most that a batch waits for others. */
const PATIENCE_MS = 8
/** What was announced longer ago is not waited for: it is large, or its client slow. */
const SOON_MS = 100
/** How many batches go without waiting for clients to come back after that was in vain. */
const DISCOURAGED = 16

/** Of one scan, the changes that are on their way, so that those which arrive together are written together. */
export interface Crowd {
  /** Says that a change is on its way. @returns to be called when it was handed in or will not come */
  expect: () => () => void
  /**
   * Fulfilled when nothing more is about to arrive, at the latest after 8 ms.
   *
   * Clients that send one change after the other fall apart into those that are answered and those that wait
   * meanwhile, and each then waits for two batches. So who waits also waits for those just answered to come back.
   * @param waiting how many wait now
   * @param answered how many were answered while these waited
   */
  gather: (waiting: () => number, answered: number) => Promise<void>
  isEmpty: () => boolean
}

/** @param patience the most that a batch waits, in milliseconds */
export function createCrowd (patience = PATIENCE_MS): Crowd {
  const announced = new Map<object, number>()
  let discouraged = 0
  let onArrival = (): void => {}

  const areSoon = (): boolean => [...announced.values()].some(since => performance.now() - since < SOON_MS)

  return {
    expect: () => {
      const one = {}
      announced.set(one, performance.now())
      return () => {
        announced.delete(one)
        onArrival()
      }
    },
    gather: async (waiting, answered) => {
      const hopes = discouraged === 0 ? waiting() + answered : 0
      if (discouraged > 0) discouraged--
      const deadline = performance.now() + patience
      while (waiting() < hopes || areSoon()) {
        const left = deadline - performance.now()
        if (left <= 0) break
        const arrival = new Promise<void>(resolve => { onArrival = resolve })
        await Promise.race([arrival, sleep(left)])
      }
      if (waiting() < hopes) discouraged = DISCOURAGED
    },
    isEmpty: () => announced.size === 0
  }
}
