import { fail } from '../errors.js'

/** The opaque form in which clients hold a place in a list. */
export const toCursor = (place: string): string => Buffer.from(place).toString('base64url')

/**
 * @param pattern what a place in this list looks like
 * @throws `invalid_request` for a cursor that no answer of this list can have held
 */
export function fromCursor (cursor: string, pattern: RegExp): string {
  const bytes = Buffer.from(cursor, 'base64url')
  const place = bytes.toString('utf8')
  if (bytes.toString('base64url') === cursor && pattern.test(place)) return place
  return fail('invalid_request', { errors: [{ path: '/querystring/cursor', message: 'must be the next of an earlier answer' }] })
}
