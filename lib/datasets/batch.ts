/** Something that waits for its turn, and what it concerns: a name, or a path of names separated by slashes. */
export interface Concerned { concerns: readonly string[] }

/** How many changes are looked at for one batch. */
const MOST_TOGETHER = 256

const overlap = (a: string, b: string): boolean => a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`)

/**
 * Takes off a line what can be written together. A change is planned on what lies on the disk, so of those
 * that concern the same thing each waits for the one before.
 */
export function nextBatch<T extends Concerned> (line: T[]): T[] {
  const seen: string[] = []
  const isFree = ({ concerns }: T): boolean => {
    const free = !concerns.some(one => seen.some(other => overlap(one, other)))
    seen.push(...concerns)
    return free
  }
  const [batch, rest] = [[], []] as [T[], T[]]
  for (const waiting of line.splice(0, MOST_TOGETHER)) (isFree(waiting) ? batch : rest).push(waiting)
  line.unshift(...rest)
  return batch
}
