import { Mutex } from 'async-mutex'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Characters from which a body without metadata is a large one. */
const LONG = 65_536

/** There is one main thread, so there is one line for it. */
const line = new Mutex()

export const isLongText = (text: string): boolean => text.length >= LONG

/** Does work in the main thread. Large pieces wait for each other, and others get their turn between two of them. */
export const inTurn = async <T>(isLarge: boolean, work: () => T): Promise<T> => isLarge
  ? await line.runExclusive(async () => {
    await nextTurn()
    return work()
  })
  : work()
