import { Mutex } from 'async-mutex'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Characters, and values, from which a document is a large one. */
const [LONG, MANY] = [65_536, 5_000]

/** There is one main thread, so there is one line for it. */
const line = new Mutex()

export const isLongText = (text: string): boolean => text.length >= LONG

/** Whether a value holds many others; it is looked at no further than that, and takes no stack, however deep it is. */
export function isLargeValue (value: unknown): boolean {
  const found = [value]
  for (let at = 0; at < found.length; at++) {
    const one = found[at]
    if (typeof one !== 'object' || one === null) continue
    for (const inner of Object.values(one) as unknown[]) {
      if (found.push(inner) > MANY) return true
    }
  }
  return false
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
