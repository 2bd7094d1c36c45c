import type { IncomingHttpHeaders } from 'node:http'
import { fail } from '../errors.js'
import { httpDate, wholeSeconds } from './date.js'
import { isMalformed, matches } from './etag.js'

/** What the headers of a request are compared with. */
export interface Validators {
  /** With its quotes. */
  etag: string
  /** Milliseconds since 1970, where that is known. */
  modified?: number | undefined
}

/** Something with what tells its versions apart. */
export interface Tagged<T> extends Validators { value: T }

/** Lets a write go on if what is there, or undefined for nothing, is as its caller wants it. @throws `precondition_failed` */
export type Precondition = (current: Validators | undefined) => void

/** Whether something changed after a date; not if either is unknown, so that the header is ignored. */
const isLater = (modified: number | undefined, date: string | undefined): boolean =>
  modified !== undefined && date !== undefined && wholeSeconds(modified) > (httpDate(date) ?? Infinity)

/** @param current nothing there has no version that could be wanted */
function isWanted (current: Validators | undefined, { 'if-match': wanted, 'if-unmodified-since': date }: IncomingHttpHeaders): boolean {
  if (wanted === undefined) return !isLater(current?.modified, date)
  return current !== undefined && matches(wanted, current.etag, 'strong')
}

/**
 * What the preconditions of a request come to, in the order of RFC 9110 section 13.2.2: a date counts only where
 * the header with the entity tags is absent. A list that is malformed lets no write through.
 *
 * @param current undefined if there is nothing
 * @param isRead whether it is a GET or HEAD; only those can be answered that nothing has changed
 */
export function precondition (current: Validators | undefined, headers: IncomingHttpHeaders, isRead: boolean): 'met' | 'failed' | 'not_modified' {
  const { 'if-none-match': known, 'if-modified-since': date } = headers
  if (!isWanted(current, headers)) return 'failed'
  if (known !== undefined) {
    if (!isRead && isMalformed(known)) return 'failed'
    if (!current || !matches(known, current.etag, 'weak')) return 'met'
    return isRead ? 'not_modified' : 'failed'
  }
  const isKnown = isRead && current?.modified !== undefined && wholeSeconds(current.modified) <= ((date === undefined ? undefined : httpDate(date)) ?? -Infinity)
  return isKnown ? 'not_modified' : 'met'
}

/** The preconditions of a write; undefined if it has none. */
export function preconditionOf (headers: IncomingHttpHeaders): Precondition | undefined {
  if (['if-match', 'if-none-match', 'if-unmodified-since'].every(name => headers[name] === undefined)) return undefined
  return current => { if (precondition(current, headers, false) === 'failed') fail('precondition_failed') }
}

/** Refuses a write to what has no entity tags, so that none can match. @throws `precondition_failed` */
export function refuseTags ({ 'if-match': wanted }: IncomingHttpHeaders): void {
  if (wanted !== undefined && wanted.trim() !== '*') fail('precondition_failed')
}

/** What says which version an answer is; without a look at it nobody takes it for the one of now. */
export const validatorHeaders = ({ etag, modified }: Validators): Record<string, string> => ({
  etag,
  ...(modified === undefined ? {} : { 'last-modified': new Date(modified).toUTCString() }),
  'cache-control': 'private, no-cache'
})

/** Whether what a client holds a part of is still what is here (RFC 9110 section 13.1.5). */
export function stillTheSame ({ etag, modified = NaN }: Validators, ifRange: string | undefined): boolean {
  if (ifRange === undefined) return true
  if (!ifRange.includes('"')) return httpDate(ifRange) === wholeSeconds(modified)
  return ifRange === etag && !etag.startsWith('W/')
}
