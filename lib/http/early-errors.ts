import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ErrorCode } from '../error-catalogue.js'
import { Problem } from '../errors.js'
import { classify } from './classify.js'
import { isHeldBack } from './expectation.js'
import { closeGently, isStillSending } from './linger.js'
import { renderProblem } from './problem.js'

const codes: Partial<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout'
}

/**
 * Answers a request that was refused before it could be parsed, such as one with too large headers. Where the
 * request was answered already, what cannot be parsed is the body that nobody waits for: its connection ends
 * as slowly as it was going to, so that the answer arrives.
 */
export function answerClientError (error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) {
    socket.destroy()
    return
  }
  if (!socket.writable) return
  const { status, headers, body } = renderProblem(new Problem(codes[error.code ?? ''] ?? 'invalid_request'), '-')
  const text = JSON.stringify(body)
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(text)), connection: 'close' })
    .map(([name, value]) => `${name}: ${value}\r\n`).join('')
  closeGently(socket)
  socket.write(`HTTP/1.1 ${status} ${body.title}\r\n${lines}\r\n${text}`)
  socket.destroySoon()
}

/** Who asks, and whose browsers may read the answer. */
export interface Unrouted { requestId: string, origin: string | undefined, allowedOrigins: readonly string[] }

/**
 * Answers a request that no route could be looked up for, such as one with a malformed URL. No hook runs
 * for it, so what a browser needs to read the refusal is said here.
 */
export function answerUnrouted (error: Error, response: ServerResponse, { requestId, origin, allowedOrigins }: Unrouted): void {
  const { status, headers, body } = renderProblem(classify(error), requestId)
  const { req: request, socket } = response
  const text = JSON.stringify(body)
  const ends = isHeldBack(request) || isStillSending(request)
  if (ends && socket) closeGently(socket)
  response.writeHead(status, { ...headers, ...readableBy(origin, allowedOrigins), ...ends ? { connection: 'close' } : {}, 'content-length': Buffer.byteLength(text) }).end(text)
}

function readableBy (origin: string | undefined, allowed: readonly string[]): Record<string, string> {
  if (allowed.includes('*')) return { 'access-control-allow-origin': '*' }
  if (origin === undefined || !allowed.includes(origin)) return {}
  return { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true', vary: 'Origin' }
}
