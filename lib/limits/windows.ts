/** Whether a call was let through, and what is left: `wait` is 0, or milliseconds until the next one would be. */
export interface Taken { remaining: number, wait: number }

interface Caller { counts: number[], sum: number, slice: number }

interface Parts {
  /** The most that each caller may call in any stretch of `length` milliseconds. */
  most: number
  length: number
  /** Milliseconds; never goes back. */
  clock: () => number
  /** How many callers are kept apart. */
  callers?: number
}

const SLICES = 12
/** A stretch that begins within a slice touches one more. */
const KEPT = SLICES + 1
const SHARED = 1024

/** Which of the shared places belongs to a caller for whom there is none of their own. */
function sharedPlace (who: string): string {
  let hash = 0
  for (let i = 0; i < who.length; i++) hash = (hash * 31 + who.charCodeAt(i)) | 0
  return `shared ${hash & (SHARED - 1)}`
}

/**
 * A limit in the memory of this process. Calls are counted by slices of time, and every slice that a
 * stretch could touch counts in full: never too many are let through, whoever reaches the limit gets it back
 * a twelfth of the stretch late at most, and a caller takes the same memory whatever the limit is.
 *
 * Callers who have not called for long enough are forgotten. If more than `callers` call at the same time,
 * newcomers share places, so that memory is bounded and the limit holds all the same.
 */
export function createWindows ({ most, length, clock, callers = 50_000 }: Parts): (who: string) => Taken {
  const size = length / SLICES
  // Who called in this period and who only in the one before; a period is as long as anything counts.
  let recent = new Map<string, Caller>()
  let before = new Map<string, Caller>()
  let periodEnds = -Infinity

  const find = (who: string, slice: number): Caller => {
    const known = recent.get(who)
    if (known) return known
    const older = before.get(who)
    if (!older && recent.size + before.size >= callers && !who.startsWith('shared ')) return find(sharedPlace(who), slice)
    before.delete(who)
    const caller = older ?? { counts: new Array<number>(KEPT).fill(0), sum: 0, slice }
    recent.set(who, caller)
    return caller
  }

  const forget = (caller: Caller, slice: number): void => {
    const passed = Math.min(slice - caller.slice, KEPT)
    for (let i = 1; i <= passed; i++) {
      const place = (caller.slice + i) % KEPT
      caller.sum -= caller.counts[place]!
      caller.counts[place] = 0
    }
    caller.slice = Math.max(caller.slice, slice)
  }

  /** When the oldest slice with calls in it no longer counts. */
  const returns = ({ counts, slice }: Caller): number => {
    let oldest = slice - SLICES
    while (counts[(oldest + KEPT) % KEPT] === 0) oldest++
    return (oldest + KEPT) * size
  }

  return who => {
    const now = clock()
    const slice = Math.floor(now / size)
    if (slice >= periodEnds) {
      before = slice >= periodEnds + KEPT ? new Map<string, Caller>() : recent
      recent = new Map()
      periodEnds = slice + KEPT
    }
    const caller = find(who, slice)
    forget(caller, slice)
    if (caller.sum >= most) return { remaining: 0, wait: returns(caller) - now }
    caller.sum++
    caller.counts[caller.slice % KEPT]!++
    return { remaining: most - caller.sum, wait: 0 }
  }
}
