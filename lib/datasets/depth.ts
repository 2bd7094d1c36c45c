import { fail } from '../errors.js'
import { RawJson } from '../json/exact.js'
import { DEEPEST, isDeep } from '../json/read.js'

export const refuseDepth = (): never => fail('invalid_request', { errors: [{ path: '', message: `metadata may be nested ${DEEPEST} deep` }] })

/** Whether a value is nested so deeply that code which follows it from level to level would run out of stack. */
function isTooDeep (value: unknown): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true
    level = level.flatMap(item => typeof item === 'object' && item !== null && !(item instanceof RawJson) ? Object.values(item) as unknown[] : [])
  }
  return false
}

/**
 * Refuses metadata that are nested so deeply that code which follows them from level to level, here or in a
 * client, would run out of stack.
 * @throws `invalid_request`
 */
export function refuseDeep (value: unknown): void {
  if (isTooDeep(value)) refuseDepth()
}

/** The same for a JSON text. @throws `invalid_request` */
export function refuseDeepText (text: string): void {
  if (isDeep(text)) refuseDepth()
}
