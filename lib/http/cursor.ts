import { fail } from '../errors.js'

/** The opaque form in which clients hold a place in a list. */
export const toCursor = (place: string): string => Buffer.from(place).toString('base64url')

/** @throws `invalid_request` for a cursor that is not one of ours */
export function fromCursor (cursor: string): string {
  const bytes = Buffer.from(cursor, 'base64url')
  if (bytes.length === 0 || bytes.toString('base64url') !== cursor) return fail('invalid_request', { errors: [{ path: '/cursor', message: 'must be the next of an earlier answer' }] })
  return bytes.toString('utf8')
}
