import { catalogue, type ErrorCode } from './error-catalogue.js'

/** What a limit says of itself: at most `most` calls of that kind in any stretch of `seconds`. */
export interface Policy { kind: string, most: number, seconds: number }

/** What an error may carry besides its line of the catalogue. */
export interface ErrorExtras {
  /** Seconds until another attempt makes sense; becomes `Retry-After`. */
  retryAfter?: number
  /** The limit that was reached; becomes `RateLimit-Policy` and `RateLimit`. */
  limit?: Policy
  /** The methods that there are; become `Allow` (RFC 9110 section 10.2.1). */
  allow?: readonly string[]
  /** Scopes that were needed; become part of the challenge. */
  scope?: string
  /** Seconds since the user proved who they are that would have been few enough; part of the challenge. */
  maxAge?: number
  /** The members of the request that were refused. */
  errors?: ReadonlyArray<{ path: string, message: string }>
  /** Further members of the problem document. */
  members?: Readonly<Record<string, unknown>>
  /** Whose credentials were refused, where that is known; never shown. */
  subject?: { user: string, session?: string }
  /** What else the audit log is told of a refusal; never shown. */
  about?: Readonly<Record<string, string>>
  cause?: unknown
}

/** An error of the catalogue. `statusCode` is where Fastify looks for it. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ErrorCode
  readonly statusCode: number
  readonly extras: Omit<ErrorExtras, 'cause'>

  constructor (code: ErrorCode, { cause, ...extras }: ErrorExtras = {}) {
    const [status, sentence] = catalogue[code]
    super(sentence, cause === undefined ? {} : { cause })
    this.code = code
    this.statusCode = status
    this.extras = extras
  }
}

/** Throws an error of the catalogue. */
export function fail (code: ErrorCode, extras?: ErrorExtras): never {
  throw new Problem(code, extras)
}
