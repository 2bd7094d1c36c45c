import pLimit, { type LimitFunction } from 'p-limit'
import { fail } from '../errors.js'

/** Does work of a caller when what the caller asked for before is done. @throws `overloaded` if too much waits */
export type Turns = <T>(caller: string, work: () => Promise<T>) => Promise<T>

/** One piece of work at a time for each caller. @param most how many of a caller may wait */
export function createTurns (most: number): Turns {
  const lines = new Map<string, { run: LimitFunction, open: number }>()
  return async (caller, work) => {
    const line = lines.get(caller) ?? { run: pLimit(1), open: 0 }
    if (line.open > most) return fail('overloaded', { retryAfter: 5 })
    lines.set(caller, line)
    line.open++
    try {
      return await line.run(work)
    } finally {
      line.open--
      if (line.open === 0) lines.delete(caller)
    }
  }
}
