import { catalogue, type ErrorCode } from '../error-catalogue.js'
import type { Problem } from '../errors.js'
import { aboutAccessTokens, describe, type Scheme } from './challenge.js'
import { errorHeaders } from './error-headers.js'
import type { Rendered } from './problem.js'
import type { OAuthError } from './schema.js'

/** The words of RFC 6749 section 5.2 for errors of the services behind the OAuth routes. */
const oauthWords: Partial<Record<ErrorCode, [status: number, word: string]>> = {
  invalid_request: [400, 'invalid_request'],
  precondition_failed: [412, 'invalid_request'],
  body_too_large: [413, 'invalid_request'],
  unsupported_media_type: [415, 'invalid_request'],
  unsupported_content_coding: [415, 'invalid_request'],
  unsupported_transfer_coding: [501, 'invalid_request'],
  invalid_client: [401, 'invalid_client'],
  unauthorized_client: [400, 'unauthorized_client'],
  // RFC 9449 section 5.
  invalid_dpop_proof: [400, 'invalid_dpop_proof'],
  invalid_scope: [400, 'invalid_scope'],
  insufficient_scope: [400, 'invalid_scope'],
  unsupported_grant_type: [400, 'unsupported_grant_type'],
  // RFC 8628 section 3.5.
  authorization_pending: [400, 'authorization_pending'],
  slow_down: [400, 'slow_down'],
  access_denied: [400, 'access_denied'],
  expired_token: [400, 'expired_token'],
  internal_error: [500, 'server_error']
}

/** Refusals that say nothing of the grant: a client that took them for its end would sign its user out. */
const notNow = (status: number): boolean => status === 408 || status === 429 || status >= 500

const oauthWord = (code: ErrorCode): [status: number, word: string] => {
  const [status] = catalogue[code]
  return oauthWords[code] ?? (notNow(status) ? [status, 'temporarily_unavailable'] : [400, 'invalid_grant'])
}

/** An error as RFC 6749 section 5.2 wants it. */
export function renderOAuthError (error: Problem): Rendered<OAuthError> {
  const [status, word] = oauthWord(error.code)
  const { 'www-authenticate': dropped, ...headers } = errorHeaders(error, 'Bearer')
  return {
    status,
    headers: {
      ...headers,
      'content-type': 'application/json; charset=utf-8',
      ...(status === 401 ? { 'www-authenticate': 'Basic realm="guardcell"' } : {})
    },
    body: { error: word, error_description: describe(error) }
  }
}

/**
 * The same where an access token is one of the ways to show who asks (RFC 7662 section 2.3): it is refused in the
 * words of RFC 6750 section 3.1.
 */
export function renderIntrospectionError (error: Problem, _requestId: string, scheme: Scheme): Rendered<OAuthError> {
  const { code } = error
  const word = aboutAccessTokens.has(code) ? 'invalid_token' : code === 'insufficient_scope' || code === 'invalid_dpop_proof' ? code : undefined
  if (word === undefined) return renderOAuthError(error)
  return { status: error.statusCode, headers: { ...errorHeaders(error, scheme), 'content-type': 'application/json; charset=utf-8' }, body: { error: word, error_description: describe(error) } }
}
