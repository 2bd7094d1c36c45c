import type { IncomingHttpHeaders } from 'node:http'
import { fail } from '../errors.js'
import { contentDigest } from './digest.js'
import { precondition, stillTheSame, validatorHeaders, type Validators } from './preconditions.js'
import { rangeOf, type ByteRange } from './range.js'

/** A content that can be served as a whole or in parts. */
export interface Content extends Validators {
  modified: number
  /** Bytes. */
  size: number
  mediaType: string
  /** What to save it as; ASCII without quotes or backslashes. */
  name: string
  /** SHA-256 of the whole content in base64, if it is known. */
  digest?: string
}

interface ContentAnswer {
  /** 416 has no content of its own: the problem `range_not_satisfiable` goes with its headers. */
  status: 200 | 206 | 304 | 416
  headers: Record<string, string>
  /** The bytes to send; null for none. */
  range: ByteRange | null
}

/** Contents are whatever somebody has uploaded: opened in a browser, they must not act with our origin. */
const described = ({ mediaType, name, digest, ...content }: Content): Record<string, string> => ({
  ...validatorHeaders(content),
  ...(digest === undefined ? {} : { 'repr-digest': contentDigest(digest) }),
  'accept-ranges': 'bytes',
  'content-type': mediaType,
  'content-disposition': `inline; filename="${name}"`,
  'content-security-policy': "default-src 'none'; sandbox"
})

function whole (content: Content, method: string): ContentAnswer {
  const { size, digest } = content
  const headers = {
    ...described(content),
    'content-length': String(size),
    // The answer to a HEAD has an empty content, whose digest would be another one (RFC 9530 appendix B.2).
    ...(digest === undefined || method === 'HEAD' ? {} : { 'content-digest': contentDigest(digest) })
  }
  return { status: 200, headers, range: method === 'HEAD' || size === 0 ? null : { start: 0, end: size - 1 } }
}

/** Without Content-Digest, which would be that of the part (RFC 9530 section 2). */
function part (content: Content, range: ByteRange): ContentAnswer {
  const { size } = content
  const headers = {
    ...described(content),
    'content-length': String(range.end - range.start + 1),
    'content-range': `bytes ${range.start}-${range.end}/${size}`
  }
  return { status: 206, headers, range }
}

const outside = ({ size }: Content): ContentAnswer =>
  ({ status: 416, headers: { 'accept-ranges': 'bytes', 'content-range': `bytes */${size}` }, range: null })

/**
 * What a GET or HEAD of a content is answered with: everything, the one part that `Range` asks for, or that it
 * has not changed (RFC 9110 sections 13.2.2 and 14.2).
 *
 * @throws `precondition_failed`
 */
export function answerContent (content: Content, { method, headers }: { method: string, headers: IncomingHttpHeaders }): ContentAnswer {
  const outcome = precondition(content, headers, true)
  if (outcome === 'failed') return fail('precondition_failed')
  if (outcome === 'not_modified') return { status: 304, headers: validatorHeaders(content), range: null }
  if (method !== 'GET' || headers.range === undefined || !stillTheSame(content, headers['if-range']?.toString())) return whole(content, method)
  const range = rangeOf(headers.range, content.size)
  if (range === undefined) return whole(content, method)
  return range === 'outside' ? outside(content) : part(content, range)
}
