import { setImmediate } from 'node:timers/promises'
import type { Running } from './app.js'

/** How long work took, and the longest that somebody else waited for an answer meanwhile; milliseconds. */
export interface Held<T> { result: T, lasted: number, longest: number }

/** Does work, and asks the service meanwhile again and again whether it is alive. */
export async function askingMeanwhile<T> ({ call }: Pick<Running, 'call'>, work: () => Promise<T>): Promise<Held<T>> {
  const began = performance.now()
  const held = { longest: 0, done: false }
  const asking = (async () => {
    while (!held.done) {
      const asked = performance.now()
      await setImmediate()
      await call('GET', '/health/live')
      held.longest = Math.max(held.longest, performance.now() - asked)
    }
  })()
  try {
    const result = await work()
    return { result, lasted: performance.now() - began, longest: held.longest }
  } finally {
    held.done = true
    await asking
  }
}
