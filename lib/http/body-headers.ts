import type { IncomingHttpHeaders } from 'node:http'
import { fail } from '../errors.js'

/** A list whose only member, however often it stands there, is the word that changes nothing. */
const isOnly = (word: string, list: string): boolean =>
  list.split(',').every(member => ['', word].includes(member.trim().toLowerCase()))

/**
 * Refuses a body that is not what it would be taken for: a part of something (`Content-Range`, RFC 9110 section
 * 14.5), or something in a coding that is not undone here (`Content-Encoding`, `Transfer-Encoding`).
 *
 * @throws `invalid_request`, `unsupported_content_coding`, `unsupported_transfer_coding`
 */
export function checkBodyHeaders (headers: IncomingHttpHeaders): void {
  const { 'content-range': range, 'content-encoding': coding, 'transfer-encoding': framing } = headers
  if (range !== undefined) fail('invalid_request', { errors: [{ path: '/headers/content-range', message: 'has no meaning here: a body is taken as a whole' }] })
  if (coding !== undefined && !isOnly('identity', coding)) fail('unsupported_content_coding', { errors: [{ path: '/headers/content-encoding', message: 'must be identity, or left out' }] })
  if (framing !== undefined && !isOnly('chunked', framing)) fail('unsupported_transfer_coding')
}
