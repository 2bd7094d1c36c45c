import { fail } from '../errors.js'

const DEEPEST = 100

/** Whether a value is nested so deeply that code which follows it from level to level would run out of stack. */
export function isTooDeep (value: unknown): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true
    level = level.flatMap(item => typeof item === 'object' && item !== null ? Object.values(item) as unknown[] : [])
  }
  return false
}

/**
 * Refuses metadata that are nested so deeply that code which follows them from level to level, here or in a
 * client, would run out of stack.
 * @throws `invalid_request`
 */
export function refuseDeep (value: unknown): void {
  if (isTooDeep(value)) fail('invalid_request', { errors: [{ path: '', message: `metadata may be nested ${DEEPEST} deep` }] })
}
