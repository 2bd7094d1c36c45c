import { decodeBase64url as decode, parseJson, refuse } from './encoding.js'
import { algorithms, type JwsAlgorithm, type VerificationKey } from './signatures.js'

export type { JwsAlgorithm } from './signatures.js'

/** The compact serialization of a JWS whose signature was found to be right. */
export interface VerifiedJws { header: Record<string, unknown>, payload: Buffer }

const decodeHeader = (text: string): Record<string, unknown> => {
  const header = parseJson(decode(text))
  return isObject(header) ? header : refuse('the header is no JSON object')
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The header of a compact JWS, before anything is known about its signature: only good for choosing a key. */
export const peekHeader = (compact: string): Record<string, unknown> =>
  decodeHeader(compact.slice(0, Math.max(0, compact.indexOf('.'))))

/** The claims of a compact JWS, before anything is known about its signature: only good for choosing whose key to try. */
export const peekPayload = (compact: string): Record<string, unknown> => {
  const claims = parseJson(decode(compact.split('.')[1] ?? ''))
  return isObject(claims) ? claims : refuse('the payload is no JSON object')
}

/** The payload of a verified JWS as a JSON object (RFC 7519 section 7.2, step 10). */
export function jsonPayload ({ payload }: VerifiedJws): Record<string, unknown> {
  const claims = parseJson(payload)
  return isObject(claims) ? claims : refuse('the payload is no JSON object')
}

/** Header parameters that bring a key or tell where to fetch one (RFC 7515 section 4.1). */
const foreign = ['jwk', 'jku', 'x5u', 'x5c']

/**
 * Verifies a JWS in compact serialization (RFC 7515 section 5.2) with the one algorithm and the one key that
 * are allowed. What the header says can only narrow that: another `alg` is refused, so is a key that the header
 * brings, and so is every `crit`, because no extension is understood here (section 4.1.11).
 * @param carried the header parameter out of which the caller has taken the key itself, as with a proof (RFC 9449)
 * @throws BadToken for anything that is not exactly right, a key of another kind than `alg` takes included
 */
export function verifyJws (compact: string, key: VerificationKey, alg: JwsAlgorithm, carried?: 'jwk'): VerifiedJws {
  const [head, body, tail, ...more] = compact.split('.')
  if (head === undefined || body === undefined || tail === undefined || more.length > 0) return refuse('not three parts')
  const header = decodeHeader(head)
  if (header.alg !== alg) refuse('another algorithm')
  if ('crit' in header) refuse('a critical extension')
  if (foreign.some(name => name in header && name !== carried)) refuse('a key of its own')
  const payload = decode(body)
  if (!algorithms[alg](`${head}.${body}`, key, decode(tail))) refuse('a wrong signature')
  return { header, payload }
}
