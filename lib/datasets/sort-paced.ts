import { pace } from './pace.js'

/** What is sorted or merged at once. */
const AT_ONCE = 2000

async function merge<T> (a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number, pace: () => Promise<void>): Promise<T[]> {
  const merged: T[] = []
  for (let i = 0, j = 0; merged.length < a.length + b.length;) {
    const takesA = j === b.length || (i < a.length && compare(a[i]!, b[j]!) <= 0)
    merged.push(takesA ? a[i++]! : b[j++]!)
    if (merged.length % AT_ONCE === 0) await pace()
  }
  return merged
}

/** Sorts, stable, and lets other work through meanwhile. */
export async function sortPaced<T> (items: readonly T[], compare: (a: T, b: T) => number): Promise<T[]> {
  let runs: T[][] = []
  for (let i = 0; i < items.length; i += AT_ONCE) {
    runs.push(items.slice(i, i + AT_ONCE).sort(compare))
    await pace()
  }
  while (runs.length > 1) {
    const longer: T[][] = []
    for (let i = 0; i < runs.length; i += 2) longer.push(await merge(runs[i]!, runs[i + 1] ?? [], compare, pace))
    runs = longer
  }
  return runs[0] ?? []
}
