import type { IncomingMessage, ServerResponse } from 'node:http'
import { fail } from '../errors.js'
import { IncomingRequest } from './incoming.js'

const hasBody = ({ headers }: IncomingMessage): boolean => headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

/**
 * Has a client that waits for leave to send its body (`Expect: 100-continue`) be given it when somebody begins to
 * read, and not before: what is refused by its header fields gets its answer at once (RFC 9110 section 10.1.1).
 * @throws `expectation_failed`
 */
export function awaitReading (request: IncomingMessage, response: ServerResponse): void {
  if (!(request instanceof IncomingRequest) || request.expectation === undefined) return
  if (hasBody(request)) request.ask = () => { if (!response.headersSent) response.writeContinue() }
  if (!/^[\s,]*100-continue(?:[\s,]+100-continue)*[\s,]*$/i.test(request.expectation)) fail('expectation_failed')
}

/** Whether a client may never send the body that it has announced, because nobody has asked for it. */
export const isHeldBack = (request: IncomingMessage): boolean =>
  request instanceof IncomingRequest && request.expectation !== undefined && !request.isRead && hasBody(request)
