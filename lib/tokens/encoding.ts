/** Why a token is refused; the sentence is for logs, not for the wire. */
export class BadToken extends Error {
  override readonly name = 'BadToken'
}

export const refuse = (why: string): never => { throw new BadToken(why) }

/**
 * Base64url without padding (RFC 7515 section 2). Buffer.from skips what it does not know and ignores
 * stray bits, so two texts could decode to the same bytes; only the text that we would write is accepted.
 * @throws BadToken
 */
export const decodeBase64url = (text: string): Buffer => {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : refuse('not canonical base64url')
}

/** @throws BadToken */
export const parseJson = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return refuse('not JSON')
  }
}
