import { fail } from '../errors.js'

/** A member of a dictionary whose values are byte sequences (RFC 8941 sections 3.1.2, 3.2, 3.3). */
const bare = String.raw`"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"|:[A-Za-z0-9+/=]*:|\?[01]|-?\d+(?:\.\d+)?|[A-Za-z*][\w!#$%&'*+.^\x60|~:/-]*`
const key = '[a-z*][a-z0-9_.*-]*'
const member = new RegExp(String.raw`(${key})=:([A-Za-z0-9+/=]*):(?:; *${key}(?:=(?:${bare}))?)*(?:[ \t]*(,)[ \t]*|$)`, 'y')

const refuse = (message: string): never => fail('invalid_request', { errors: [{ path: '/headers/content-digest', message }] })

/** The digests by the names of their algorithms; of those that are stated twice the last counts. */
function digestsOf (text: string): Map<string, string> {
  const digests = new Map<string, string>()
  let more = text !== ''
  member.lastIndex = 0
  while (more) {
    const [, algorithm, value, comma] = member.exec(text) ?? refuse('must be a list of digests such as sha-256=:...:')
    digests.set(algorithm!, value!)
    more = comma !== undefined
  }
  return digests
}

/**
 * The SHA-256 that a request states for its content (RFC 9530 section 2). Other algorithms are not looked at.
 *
 * @returns 32 bytes in base64, or undefined if it states none
 * @throws `invalid_request`
 */
export function wantedDigest (header: string | undefined): string | undefined {
  const stated = digestsOf(header?.trim() ?? '').get('sha-256')
  if (stated === undefined) return undefined
  const bytes = /^[A-Za-z0-9+/]{43}=?$/.test(stated) ? Buffer.from(stated, 'base64') : refuse('sha-256 must be 32 bytes in base64')
  return bytes.toString('base64')
}

/** A SHA-256 in base64 as the value of `Content-Digest` or `Repr-Digest`. */
export const contentDigest = (base64: string): string => `sha-256=:${base64}:`
