import { STATUS_CODES } from 'node:http'
import { catalogue } from '../error-catalogue.js'
import type { Problem } from '../errors.js'
import type { Scheme } from './challenge.js'
import { errorHeaders } from './error-headers.js'
import type { Problem as ProblemDocument } from './schema.js'

export interface Rendered<T> { status: number, headers: Record<string, string>, body: T }

/** An error as `application/problem+json` (RFC 9457). @param scheme what the token of the call came under */
export function renderProblem (error: Problem, requestId: string, scheme: Scheme = 'Bearer'): Rendered<ProblemDocument> {
  const [status, sentence] = catalogue[error.code]
  return {
    status,
    headers: { ...errorHeaders(error, scheme), 'content-type': 'application/problem+json; charset=utf-8' },
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

/** The same for PlantDB's clients, which show no list of errors: `message` says what each of them is. */
export function renderDialectProblem (error: Problem, requestId: string, scheme: Scheme = 'Bearer'): Rendered<ProblemDocument> {
  const { body, ...rendered } = renderProblem(error, requestId, scheme)
  const reasons = (error.extras.errors ?? []).map(({ path, message }) => `${path} ${message}`.trim())
  return { ...rendered, body: reasons.length === 0 ? body : { ...body, message: `${body.message.replace(/\.$/, '')}: ${reasons.join('; ')}` } }
}

/** The same with the message in `error` as well, where some of PlantDB's clients look for it. */
export function renderPlantDBProblem (error: Problem, requestId: string, scheme: Scheme = 'Bearer'): Rendered<ProblemDocument> {
  const { body, ...rendered } = renderDialectProblem(error, requestId, scheme)
  return { ...rendered, body: { ...body, error: body.message } }
}
