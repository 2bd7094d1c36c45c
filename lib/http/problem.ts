import { STATUS_CODES } from 'node:http'
import { catalogue, type ErrorCode } from '../error-catalogue.js'
import { Problem, type Policy } from '../errors.js'
import { isOutage } from '../redis/outage.js'
import { aboutAccessTokens, challenge, describe, type Scheme } from './challenge.js'
import type { OAuthError, Problem as ProblemDocument } from './schema.js'

export interface Rendered<T> { status: number, headers: Record<string, string>, body: T }

interface FrameworkError extends Error {
  code?: string
  statusCode?: number
  validation?: ReadonlyArray<{ instancePath: string, message?: string, params?: { additionalProperty?: string, missingProperty?: string } }>
  validationContext?: string
}

/** Errors of Fastify that clients cause, by status; all others are ours. */
const byStatus: Partial<Record<number, ErrorCode>> = {
  400: 'invalid_request',
  404: 'not_found',
  408: 'request_timeout',
  413: 'body_too_large',
  414: 'invalid_request',
  415: 'unsupported_media_type',
  431: 'headers_too_large',
  503: 'overloaded'
}

/** Finds the line of the catalogue for whatever was thrown. */
export function classify (error: unknown): Problem {
  if (error instanceof Problem) return error
  if (isOutage(error)) return new Problem('store_unavailable', { retryAfter: 1, cause: error })
  const { validation, validationContext = 'body', statusCode, code: frameworkCode } = error as FrameworkError
  if (validation) {
    return new Problem('invalid_request', {
      errors: validation.map(({ instancePath, message = 'is not valid', params }) => ({
        path: [validationContext === 'body' ? '' : `/${validationContext}`, instancePath, memberOf(params)].join(''),
        message
      }))
    })
  }
  // One without a status is a fault of our own, not the client's.
  if ((error instanceof SyntaxError && statusCode === 400) || frameworkCode === 'FST_ERR_CTP_INVALID_JSON_BODY') return new Problem('invalid_request', { cause: error, errors: [{ path: '', message: 'must be valid JSON' }] })
  const code = byStatus[statusCode ?? 500]
  return code ? new Problem(code, { cause: error, ...(code === 'overloaded' ? { retryAfter: 5 } : {}) }) : new Problem('internal_error', { cause: error })
}

const memberOf = ({ additionalProperty, missingProperty }: { additionalProperty?: string, missingProperty?: string } = {}): string => {
  const member = additionalProperty ?? missingProperty
  return member === undefined ? '' : `/${member}`
}

/** How many calls a limit lets through (draft-ietf-httpapi-ratelimit-headers-10 section 3). */
export const policyHeader = ({ kind, most, seconds }: Policy): string => `"${kind}";q=${most};w=${seconds}`

const limitHeaders = ({ limit, retryAfter = 0 }: Problem['extras']): Record<string, string> =>
  limit === undefined ? {} : { 'ratelimit-policy': policyHeader(limit), ratelimit: `"${limit.kind}";r=0;t=${retryAfter}` }

const common = (error: Problem, scheme: Scheme): Record<string, string> => ({
  'cache-control': 'no-store',
  ...challenge(error, scheme),
  ...limitHeaders(error.extras),
  ...(error.extras.retryAfter === undefined ? {} : { 'retry-after': String(error.extras.retryAfter) })
})

/** An error as `application/problem+json` (RFC 9457). @param scheme what the token of the call came under */
export function renderProblem (error: Problem, requestId: string, scheme: Scheme = 'Bearer'): Rendered<ProblemDocument> {
  const [status, sentence] = catalogue[error.code]
  return {
    status,
    headers: { ...common(error, scheme), 'content-type': 'application/problem+json; charset=utf-8' },
    body: {
      type: 'about:blank',
      title: STATUS_CODES[status] ?? 'Error',
      status,
      detail: sentence,
      code: error.code,
      message: sentence,
      request_id: requestId,
      ...(error.extras.errors ? { errors: [...error.extras.errors] } : {}),
      ...error.extras.members
    }
  }
}

/** The same with the sentence in `error` as well, where PlantDB's clients look for it. */
export function renderPlantDBProblem (error: Problem, requestId: string, scheme: Scheme = 'Bearer'): Rendered<ProblemDocument> {
  const { body, ...rendered } = renderProblem(error, requestId, scheme)
  return { ...rendered, body: { ...body, error: body.message } }
}

/** The words of RFC 6749 section 5.2 for errors of the services behind the OAuth routes. */
const oauthWords: Partial<Record<ErrorCode, [status: number, word: string]>> = {
  invalid_request: [400, 'invalid_request'],
  body_too_large: [413, 'invalid_request'],
  unsupported_media_type: [415, 'invalid_request'],
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
  const { 'www-authenticate': dropped, ...headers } = common(error, 'Bearer')
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
  return { status: error.statusCode, headers: { ...common(error, scheme), 'content-type': 'application/json; charset=utf-8' }, body: { error: word, error_description: describe(error) } }
}
