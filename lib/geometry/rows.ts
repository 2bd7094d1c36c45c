import { mustHold, type Body } from './body.js'
import type { Element, Property } from './header.js'
import { refuse } from './ply-error.js'
import type { Scalar } from './scalar.js'

/** As many points, and as many triangles, are read: the memory that a small file can ask for has a limit. */
export const MOST_ROWS = 2 ** 24

/** Reads what a property has in one row, or goes past it. */
export type Step = (row: number) => void

/** Reads the number in front of a list. Nothing is set aside for a list, so that it may announce more than there is. */
export function readLength (body: Body, type: Scalar): number {
  const values = body.read(type)
  return Number.isInteger(values) && values >= 0 ? values : refuse('The length of a list is no count.')
}

/** Goes past one value or list. */
export const pass = (body: Body, { length, type }: Property): Step => () =>
  body.skip(type, length ? readLength(body, length) : 1)

/** Refuses more rows than the rest of the file can hold. */
export function mustHoldRows (body: Body, { count, properties }: Element): void {
  mustHold(body, count * properties.reduce((sum, { length, type }) => sum + body.least(length ?? type), 0))
}

/** Takes each step, one of each property, in each row. */
export function eachRow (count: number, steps: readonly Step[]): void {
  // However many rows without a property there are, they take no bytes.
  if (steps.length === 0) return
  for (let row = 0; row < count; row++) {
    for (const step of steps) step(row)
  }
}
