import { Recent } from '../recent.js'
import { kinds, type TokenKind } from './claims.js'
import { BadToken } from './encoding.js'
import { peekHeader } from './jws.js'
import { OPAQUE, opaqueKid } from './opaque.js'

/** What a token says of its key and of its kind; nothing about it is verified. */
export interface Header { kid: string | undefined, kind: TokenKind | undefined }

const KID = /^[A-Za-z0-9_-]{1,64}$/
const LONGEST_HEADER = 512
const KEPT = 200

const kindOf = (typ: unknown): TokenKind | undefined => (Object.keys(kinds) as TokenKind[]).find(kind => kinds[kind].typ === typ)

const nothing: Header = { kid: undefined, kind: undefined }

function read (text: string): Header {
  try {
    const { kid, typ } = peekHeader(`${text}.`)
    return { kid: typeof kid === 'string' && KID.test(kid) ? kid : undefined, kind: kindOf(typ) }
  } catch (error) {
    if (!(error instanceof BadToken)) throw error
    return nothing
  }
}

/** Reads headers; there are few that differ, so they are remembered. */
export function createHeaders (): (token: string) => Header {
  const known = new Recent<Header>(KEPT)
  return token => {
    if (token.startsWith(OPAQUE)) return { kid: opaqueKid(token), kind: 'access' }
    const end = token.indexOf('.')
    if (end < 0 || end > LONGEST_HEADER) return nothing
    const text = token.slice(0, end)
    const before = known.get(text)
    if (before) return before
    const header = read(text)
    if (header !== nothing) known.set(text, header)
    return header
  }
}
