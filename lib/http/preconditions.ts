import type { IncomingHttpHeaders } from 'node:http'
import { httpDate, wholeSeconds } from './date.js'
import { matches } from './etag.js'

/** What the headers of a request are compared with. */
export interface Validators {
  /** With its quotes. */
  etag: string
  /** Milliseconds since 1970. */
  modified: number
}

const dateOf = (header: string | undefined): number | undefined => header === undefined ? undefined : httpDate(header)

/**
 * What the preconditions of a GET or HEAD come to, in the order of RFC 9110 section 13.2.2: a date counts
 * only where the header with the entity tags is absent.
 */
export function precondition ({ etag, modified }: Validators, headers: IncomingHttpHeaders): 'met' | 'failed' | 'not_modified' {
  const { 'if-match': wanted, 'if-none-match': known } = headers
  const seconds = wholeSeconds(modified)
  if (wanted !== undefined && !matches(wanted, etag, 'strong')) return 'failed'
  if (wanted === undefined && seconds > (dateOf(headers['if-unmodified-since']) ?? Infinity)) return 'failed'
  if (known !== undefined) return matches(known, etag, 'weak') ? 'not_modified' : 'met'
  return seconds <= (dateOf(headers['if-modified-since']) ?? -Infinity) ? 'not_modified' : 'met'
}

/** Whether what a client holds a part of is still what is here (RFC 9110 section 13.1.5). */
export function stillTheSame ({ etag, modified }: Validators, ifRange: string | undefined): boolean {
  if (ifRange === undefined) return true
  if (!ifRange.includes('"')) return httpDate(ifRange) === wholeSeconds(modified)
  return ifRange === etag && !etag.startsWith('W/')
}
