import { fail } from '../errors.js'

const DEFAULT_SECONDS = 30 * 86_400
/** The years that a token may last. */
export const LONGEST_SECONDS = 10 * 366 * 86_400

const DATE = /^\d{4}-\d{2}-\d{2}$/
const TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?$/i

/** When a token is to expire: in so many seconds, or at a time, or with the end of a day (UTC). */
export interface WantedExpiry { expires_in?: number, expires_at?: string }

/** @returns milliseconds since the epoch; a time without an offset is UTC */
function timeIn (text: string): number {
  if (DATE.test(text)) return Date.parse(`${text}T00:00:00Z`) + 86_400_000
  const hasOffset = /(Z|[+-]\d{2}:\d{2})$/i.test(text)
  return TIME.test(text) ? Date.parse(`${text.replace(' ', 'T')}${hasOffset ? '' : 'Z'}`) : NaN
}

const refuse = (path: string, message: string): never => fail('invalid_request', { errors: [{ path, message }] })

/**
 * @param now milliseconds since the epoch
 * @returns milliseconds since the epoch, in whole seconds as a token carries them; 30 days from now if nothing is wanted
 * @throws `invalid_request`, `expiry_in_past`, `expiry_too_far`
 */
export function expiryOf ({ expires_in: seconds, expires_at: text }: WantedExpiry, now: number): number {
  if (seconds !== undefined && text !== undefined) return refuse('/expires_at', 'must not be there beside expires_in')
  const wanted = text === undefined ? now + (seconds ?? DEFAULT_SECONDS) * 1000 : timeIn(text)
  if (Number.isNaN(wanted)) return refuse('/expires_at', 'must be a date or a time (RFC 3339)')
  const expires = Math.floor(wanted / 1000) * 1000
  if (expires <= now) return fail('expiry_in_past')
  if (expires > now + LONGEST_SECONDS * 1000) return fail('expiry_too_far')
  return expires
}
