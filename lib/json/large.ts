import { Mutex } from 'async-mutex'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Characters, and values, from which a document is a large one. */
const [LONG, MANY] = [65_536, 5_000]

/** There is one main thread, so there is one line for it. */
const line = new Mutex()

export const isLongText = (text: string): boolean => text.length >= LONG

/** Whether a value holds many others; it is looked at no further than that. */
export function isLargeValue (value: unknown): boolean {
  let left = MANY
  const holdsMore = (value: unknown): boolean => {
    if (--left <= 0) return true
    return typeof value === 'object' && value !== null && Object.values(value).some(holdsMore)
  }
  return holdsMore(value)
}

/**
 * Does work with a document in the main thread. Large ones wait for each other, and others get their turn between
 * two of them; one of the largest takes a second.
 */
export const inTurn = async <T>(isLarge: boolean, work: () => T): Promise<T> => isLarge
  ? await line.runExclusive(async () => {
    await nextTurn()
    return work()
  })
  : work()
