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
  too_many_requests: [429, 'Too many calls of that kind; wait before the next one.'],
  request_timeout: [408, 'The request did not arrive in time.'],

  authentication_required: [401, 'Sign in: this route needs an access token.'],
  access_token_invalid: [401, 'The access token is not valid.'],
  access_token_expired: [401, 'The access token has expired.'],
  access_token_replaced: [401, 'A refresh has replaced the access token.'],
  access_token_revoked: [401, 'The access token, or what it was issued for, has been withdrawn.'],
  access_token_bound: [401, 'The access token is bound to a key: it is good under the scheme DPoP, with a proof by that key.'],
  access_token_unbound: [401, 'The token is not bound to a key: it is good under the scheme Bearer.'],
  invalid_dpop_proof: [401, 'The DPoP header does not prove what the call needs.'],
  session_ended: [401, 'The session has ended; sign in again.'],
  account_inactive: [401, 'The account is not active.'],
  csrf_failed: [403, 'Cookies came with the call, but not from a page that may use them: see Origin and X-CSRF-Token.'],
  cookies_need_https: [400, 'Cookies are set over https, or over http to this machine itself; behind a proxy, see TRUST_PROXY.'],
  not_local: [403, 'The service runs with AUTH=off and answers programs and pages of its own machine only.'],
  session_required: [403, 'That is for a session: sign in, and use its access token.'],
  insufficient_scope: [403, 'That needs a scope which is not granted.'],
  fresh_authentication_required: [403, 'That needs the password once more: reauthenticate, and repeat it with the new access token.'],

  api_token_invalid: [401, 'The API token is not valid.'],
  api_token_expired: [401, 'The API token has expired.'],
  api_token_revoked: [401, 'The API token has been withdrawn.'],
  api_token_not_accepted: [403, 'This route does not take API tokens; sign in.'],
  api_token_not_found: [404, 'There is no such API token.'],
  api_token_grants_invalid: [422, 'The data sets or permissions of the token are not valid.'],
  api_token_too_wide: [403, 'An API token cannot have rights that its owner, or the client that asked for it, does not have.'],
  api_token_limit_reached: [429, 'No further API token may be issued yet.'],
  expiry_in_past: [422, 'The expiry lies in the past.'],
  expiry_too_far: [422, 'The expiry lies more than ten years ahead.'],

  user_code_unknown: [404, 'No device shows that code; look again, or start again at the device.'],
  user_code_expired: [410, 'The code has expired; start again at the device.'],
  user_code_used: [409, 'The code was approved or denied before; start again at the device.'],

  invalid_credentials: [401, 'The user name or the password is not right.'],
  too_many_attempts: [429, 'Too many failed attempts; wait before the next one.'],
  session_limit_reached: [409, 'The account has as many open sessions as it may have.'],

  refresh_token_invalid: [401, 'The refresh token is not valid.'],
  refresh_token_expired: [401, 'The refresh token has expired; sign in again.'],
  refresh_token_reused: [401, 'The refresh token was used before; its session has been ended.'],
  refresh_not_offered: [401, 'There are no refresh tokens here (REFRESH_TOKENS); sign in again.'],
  request_too_late: [503, 'The request waited too long and was dropped before it changed anything.'],

  username_taken: [409, 'The user name belongs to an account, or did once.'],
  password_too_short: [422, 'The password is shorter than PASSWORD_MIN_LENGTH.'],
  registration_closed: [403, 'Nobody can register here; ask an administrator for an account.'],
  invitation_required: [403, 'Registering here needs an invitation.'],
  invitation_for_another: [403, 'The invitation is for another e-mail address.'],
  invitation_not_found: [404, 'There is no such invitation, or it was used.'],
  link_invalid: [410, 'The link is not valid: it was used, has expired, or what it was for has changed.'],
  email_missing: [409, 'The account has no e-mail address.'],
  last_admin: [409, 'This is the last active admin; make another one first.'],
  user_not_found: [404, 'There is no such user.'],
  session_not_found: [404, 'There is no such session.'],

  key_not_found: [404, 'There is no such key.'],
  key_signing: [409, 'That key signs, or is about to; rotate first, and remove it once its successor signs.'],

  group_exists: [409, 'There is a group of that name.'],
  group_not_found: [404, 'There is no such group.'],
  group_unknown: [422, 'One of the groups does not exist.'],
  owner_unknown: [422, 'There is no account of that name to own it.'],

  not_permitted: [403, 'The account may not do that here.'],
  scan_not_found: [404, 'There is no such scan.'],
  fileset_not_found: [404, 'There is no such fileset in the scan.'],
  file_not_found: [404, 'There is no such file in the fileset.'],
  scan_exists: [409, 'There is a scan of that id, or something else of that name.'],
  fileset_exists: [409, 'The scan has a fileset of that id, or something else of that name.'],
  file_exists: [409, 'The fileset has a file of that id or name.'],
  precondition_failed: [412, 'It was changed since it was read: If-Match does not match.'],
  metadata_damaged: [409, 'The metadata on the disk cannot be read; an admin can mend them with guardcell doctor.'],
  scan_damaged: [409, 'Files that the scan lists are missing on the disk; an admin can mend it with guardcell doctor.'],
  range_not_satisfiable: [416, 'The range lies outside of the content.'],
  digest_mismatch: [422, 'The content does not have the digest that Content-Digest states.'],
  upload_incomplete: [400, 'The upload ended before it was complete.'],
  file_too_large: [413, 'The file is larger than FILE_MAX_BYTES.'],
  file_unreadable: [422, 'The file does not hold what its name promises.'],
  image_unreadable: [422, 'The file cannot be read as an image.'],
  image_too_large: [413, 'The picture is larger than is given as text; ask for its bytes.'],
  model_unreadable: [422, 'The file cannot be read as a point cloud or mesh.'],
  model_too_large: [413, 'The file is larger than MODEL_MAX_BYTES, so that only the original can be had.'],
  archive_invalid: [400, 'The archive is not a ZIP of one scan.'],
  archive_too_large: [413, 'The archive has more entries or bytes, or is packed more tightly, than is taken.'],
  scan_busy: [503, 'Somebody else is writing to the scan; try again in a moment.'],
  datasets_indexing: [503, 'The data sets are still being indexed; try again in a moment.'],
  storage_unavailable: [503, 'The folder of the data sets cannot be read or written; try again in a moment.'],
  storage_full: [507, 'There is no space left for it.'],

  invalid_grant: [400, 'The grant is not valid.'],
  invalid_client: [401, 'The client is not known, or has not shown that it is the one.'],
  unauthorized_client: [400, 'The client may not do that.'],
  invalid_scope: [400, 'The scope is unknown or more than may be granted.'],
  unsupported_grant_type: [400, 'The grant type is not supported.'],
  authorization_pending: [400, 'Nobody has approved the device yet; ask again after the interval.'],
  slow_down: [400, 'The device asks too often; wait five seconds longer from now on.'],
  access_denied: [400, 'The device was denied, or what was approved has been withdrawn.'],
  expired_token: [400, 'The device code has expired; start again.'],

  overloaded: [503, 'The service has too much to do; try again in a moment.'],
  store_unavailable: [503, 'The token store cannot be reached; try again in a moment.'],
  ends_not_durable: [503, 'The sessions were ended, but not enough replicas of the store have confirmed it; try again.'],
  internal_error: [500, 'Something went wrong on the server; the log knows the request id.']
} as const satisfies Record<string, readonly [number, string]>

export type ErrorCode = keyof typeof catalogue

/** What a limit says of itself: at most `most` calls of that kind in any stretch of `seconds`. */
export interface Policy { kind: string, most: number, seconds: number }

/** What an error may carry besides its line of the catalogue. */
export interface ErrorExtras {
  /** Seconds until another attempt makes sense; becomes `Retry-After`. */
  retryAfter?: number
  /** The limit that was reached; becomes `RateLimit-Policy` and `RateLimit`. */
  limit?: Policy
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
