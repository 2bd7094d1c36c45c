import type { ErrorCode } from '../error-catalogue.js'
import { Problem } from '../errors.js'
import { isOutage } from '../redis/outage.js'

interface FrameworkError extends Error {
  code?: string
  statusCode?: number
  validation?: ReadonlyArray<{ instancePath: string, message?: string, params?: { additionalProperty?: string, missingProperty?: string } }>
  validationContext?: string
}

/** Errors of Fastify and its plugins that clients cause, by status. What @fastify/static forbids is nothing that it serves. */
const byStatus: Partial<Record<number, ErrorCode>> = {
  400: 'invalid_request',
  403: 'not_found',
  404: 'not_found',
  408: 'request_timeout',
  412: 'precondition_failed',
  413: 'body_too_large',
  414: 'invalid_request',
  415: 'unsupported_media_type',
  416: 'range_not_satisfiable',
  431: 'headers_too_large',
  503: 'overloaded'
}

/** No library's choice of status makes a fault of ours of what a client has caused. */
const isOfClient = (status = 500): boolean => status >= 400 && status < 500

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
  const code = byStatus[statusCode ?? 500] ?? (isOfClient(statusCode) ? 'invalid_request' : undefined)
  return code ? new Problem(code, { cause: error, ...(code === 'overloaded' ? { retryAfter: 5 } : {}) }) : new Problem('internal_error', { cause: error })
}

const memberOf = ({ additionalProperty, missingProperty }: { additionalProperty?: string, missingProperty?: string } = {}): string => {
  const member = additionalProperty ?? missingProperty
  return member === undefined ? '' : `/${member}`
}
