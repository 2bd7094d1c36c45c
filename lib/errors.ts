/**
 * Everything that can go wrong as clients see it: code, status, sentence. `docs/errors.md` is generated
 * from this table. A sentence never repeats what was sent.
 */
export const catalogue = {
  invalid_request: [400, 'The request is not well formed.'],
  body_too_large: [413, 'The body is larger than this route takes.'],
  headers_too_large: [431, 'The header fields are larger than the server takes.'],
  unsupported_media_type: [415, 'This route does not take a body of that media type.'],
  not_found: [404, 'There is nothing here.'],
  request_timeout: [408, 'The request did not arrive in time.'],

  authentication_required: [401, 'Sign in: this route needs an access token.'],
  access_token_invalid: [401, 'The access token is not valid.'],
  access_token_expired: [401, 'The access token has expired.'],
  session_ended: [401, 'The session has ended; sign in again.'],
  account_inactive: [401, 'The account is not active.'],
  insufficient_scope: [403, 'That needs a scope which is not granted.'],

  invalid_credentials: [401, 'The user name or the password is not right.'],
  too_many_attempts: [429, 'Too many failed attempts; wait before the next one.'],
  session_limit_reached: [409, 'The account has as many open sessions as it may have.'],

  refresh_token_invalid: [401, 'The refresh token is not valid.'],
  refresh_token_expired: [401, 'The refresh token has expired; sign in again.'],
  refresh_token_reused: [401, 'The refresh token was used before; its session has been ended.'],
  request_too_late: [503, 'The request waited too long and was dropped before it changed anything.'],

  username_taken: [409, 'The user name belongs to an account, or did once.'],
  password_too_short: [422, 'The password is shorter than PASSWORD_MIN_LENGTH.'],
  last_admin: [409, 'This is the last active admin; make another one first.'],
  user_not_found: [404, 'There is no such user.'],
  session_not_found: [404, 'There is no such session.'],

  invalid_grant: [400, 'The grant is not valid.'],
  invalid_client: [401, 'The client is not known.'],
  invalid_scope: [400, 'The scope is unknown or more than may be granted.'],
  unsupported_grant_type: [400, 'The grant type is not supported.'],

  overloaded: [503, 'The service has too much to do; try again in a moment.'],
  store_unavailable: [503, 'The token store cannot be reached; try again in a moment.'],
  ends_not_durable: [503, 'The sessions were ended, but not enough replicas of the store have confirmed it; try again.'],
  internal_error: [500, 'Something went wrong on the server; the log knows the request id.']
} as const satisfies Record<string, readonly [number, string]>

export type ErrorCode = keyof typeof catalogue

/** What an error may carry besides its line of the catalogue. */
export interface ErrorExtras {
  /** Seconds until another attempt makes sense; becomes `Retry-After`. */
  retryAfter?: number
  /** Scopes that were needed; become part of the challenge. */
  scope?: string
  /** The members of the request that were refused. */
  errors?: ReadonlyArray<{ path: string, message: string }>
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
