import { createHmac, timingSafeEqual } from 'node:crypto'
import { decodeBase64url as decode, parseJson, refuse } from './encoding.js'

/** The compact serialization of a JWS whose signature was found to be right. */
export interface VerifiedJws { header: Record<string, unknown>, payload: Buffer }

type Verify = (input: string, key: Buffer, signature: Buffer) => boolean

const hmac = (hash: string): Verify => (input, key, signature) => {
  const expected = createHmac(hash, key).update(input).digest()
  return expected.length === signature.length && timingSafeEqual(expected, signature)
}

const algorithms = {
  HS256: hmac('sha256'),
  HS384: hmac('sha384'),
  HS512: hmac('sha512')
} satisfies Record<string, Verify>

/** A signature algorithm of RFC 7518 section 3.1 that can be allowed. */
export type JwsAlgorithm = keyof typeof algorithms

const decodeHeader = (text: string): Record<string, unknown> => {
  const header = parseJson(decode(text))
  return isObject(header) ? header : refuse('the header is no JSON object')
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The header of a compact JWS, before anything is known about its signature: only good for choosing a key. */
export const peekHeader = (compact: string): Record<string, unknown> =>
  decodeHeader(compact.slice(0, Math.max(0, compact.indexOf('.'))))

/** The payload of a verified JWS as a JSON object (RFC 7519 section 7.2, step 10). */
export function jsonPayload ({ payload }: VerifiedJws): Record<string, unknown> {
  const claims = parseJson(payload)
  return isObject(claims) ? claims : refuse('the payload is no JSON object')
}

/**
 * Verifies a JWS in compact serialization (RFC 7515 section 5.2) with the one algorithm that is allowed.
 * What the header says can only narrow that: another `alg` is refused, and so is every `crit`, because no
 * extension is understood here (section 4.1.11).
 * @throws BadToken for anything that is not exactly right
 */
export function verifyJws (compact: string, key: Buffer, alg: JwsAlgorithm): VerifiedJws {
  const [head, body, tail, ...more] = compact.split('.')
  if (head === undefined || body === undefined || tail === undefined || more.length > 0) return refuse('not three parts')
  const header = decodeHeader(head)
  if (header.alg !== alg) refuse('another algorithm')
  if ('crit' in header) refuse('a critical extension')
  const payload = decode(body)
  if (!algorithms[alg](`${head}.${body}`, key, decode(tail))) refuse('a wrong signature')
  return { header, payload }
}
