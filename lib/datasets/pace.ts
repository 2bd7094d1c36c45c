const SLICE_MS = 8

/** When the long works of this turn of the event loop began, if one did. */
let began: number | undefined
const waiting: Array<() => void> = []

const isOver = (): boolean => {
  const now = performance.now()
  if (began === undefined) {
    began = now
    setImmediate(endTurn)
  }
  return now - began >= SLICE_MS
}

/** Once a turn, when what came in has been dealt with: one work goes on, and has a slice to itself. */
function endTurn (): void {
  began = undefined
  waiting.shift()?.()
  if (waiting.length > 0) isOver()
}

/**
 * Lets other work through whenever long ones have held the event loop for a while; to be called in their loops. All
 * of the process share a slice of each turn: ten of them at once make nobody wait ten times as long.
 */
export async function pace (): Promise<void> {
  if (isOver()) await new Promise<void>(resolve => waiting.push(resolve))
}
