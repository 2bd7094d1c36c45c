import { createSigner } from 'fast-jwt'
import { fail } from '../errors.js'
import type { Keys, SigningKey } from '../keys/service.js'
import { kinds, type ClaimsOf, type TokenKind } from './claims.js'
import { Recent } from '../recent.js'
import { BadToken } from './encoding.js'
import { jsonPayload, peekHeader, verifyJws } from './jws.js'
import { OPAQUE, openOpaque, sealOpaque } from './opaque.js'

const LONGEST_TOKEN = 8192
const VERIFIED_KEPT = 2_000

/** What the codec adds by itself to the claims of every token. */
type Added = 'iss' | 'aud' | 'type'

/** Claims as they are given to be signed; of each kind of them, where there are several. */
type Given<Claims> = Claims extends unknown ? Omit<Claims, Added> : never

/** Turns claims into tokens and back. Both directions of every kind go through here. */
export interface Codec {
  /** Signs with the current key, or with the one that `kid` names so that a repeated answer has the same bytes. */
  sign: <K extends TokenKind>(kind: K, claims: Given<ClaimsOf[K]>, kid?: string) => string
  /**
   * Verifies a token of exactly one kind. The expiry of an access or API token is judged here, within the
   * leeway; that of a refresh token is not: only the script that spends it knows the clock of Redis.
   * @throws `access_token_invalid`, `access_token_expired`, the same of API tokens, or `refresh_token_invalid`
   */
  verify: <K extends TokenKind>(kind: K, token: string) => ClaimsOf[K]
  /** Which kind a token says it is; nothing about it is verified. */
  kindOf: (token: string) => TokenKind | undefined
  /** `kid` of the key that signs now. */
  readonly kid: string
}

/** How access tokens are written. Those that are written in another way stay good until they expire. */
export type AccessFormat = 'jwt' | 'opaque'

interface Parts { keys: Keys, audience: string, accessFormat: AccessFormat, leeway: number, now: () => number }

type Sign = (claims: object) => string

/** @param parts.leeway tolerated clock difference in seconds */
export function createCodec ({ keys, audience, accessFormat, leeway, now }: Parts): Codec {
  const signers = new Map<string, Sign>()

  const signerFor = (kind: TokenKind, key: SigningKey): Sign => {
    const name = `${kind} ${key.kid}`
    const made = signers.get(name) ?? createSigner({ key: key.secret, algorithm: key.alg, kid: key.kid, header: { alg: key.alg, typ: kinds[kind].typ } })
    signers.set(name, made)
    return made
  }

  const verified = new Recent<unknown>(VERIFIED_KEPT)

  const openJwt = (kind: TokenKind, token: string): Record<string, unknown> => {
    const { kid, typ } = peekHeader(token)
    const key = typeof kid === 'string' ? keys.find(kid) : undefined
    if (!key) throw new BadToken('an unknown key')
    if (typ !== kinds[kind].typ) throw new BadToken('another kind of token')
    return jsonPayload(verifyJws(token, key.secret, key.alg))
  }

  const open = <K extends TokenKind>(kind: K, token: string): ClaimsOf[K] => {
    if (token.length > LONGEST_TOKEN) throw new BadToken('too long')
    const claims = kind === 'access' && token.startsWith(OPAQUE)
      ? { iss: keys.issuer, aud: audience, type: kind, ...openOpaque(token, keys.find, [keys.issuer, audience]) }
      : openJwt(kind, token)
    if (!kinds[kind].check(claims)) throw new BadToken('claims are missing or malformed')
    if (claims.iss !== keys.issuer || claims.aud !== audience) throw new BadToken('another issuer or audience')
    return claims as ClaimsOf[K]
  }

  return {
    sign: (kind, claims, kid) => {
      const key = kid === undefined ? keys.current : keys.find(kid) ?? keys.current
      if (kind === 'access' && accessFormat === 'opaque') return sealOpaque(claims, key, [keys.issuer, audience])
      return signerFor(kind, key)({ iss: keys.issuer, aud: audience, type: kind, ...claims })
    },

    verify: (kind, token) => {
      if (kind === 'refresh') return opened(kind, () => open(kind, token))
      // The signature of a token that was verified does not change; its times are judged on every call.
      const known = `${kind} ${token}`
      const claims = verified.get(known) as ClaimsOf[typeof kind] | undefined ?? opened(kind, () => open(kind, token))
      verified.set(known, claims)
      const seconds = now() / 1000
      if (claims.exp + leeway <= seconds) return fail(`${kind}_token_expired`, { subject: { user: claims.sub, ...('sid' in claims ? { session: claims.sid } : {}) } })
      if (Math.max(claims.iat, claims.nbf ?? 0) - leeway > seconds) return fail(`${kind}_token_invalid`)
      return claims
    },

    kindOf: token => {
      if (token.startsWith(OPAQUE)) return 'access'
      try {
        const { typ } = peekHeader(token)
        return (Object.keys(kinds) as TokenKind[]).find(kind => kinds[kind].typ === typ)
      } catch (error) {
        if (!(error instanceof BadToken)) throw error
        return undefined
      }
    },

    get kid () { return keys.current.kid }
  }
}

const opened = <T>(kind: TokenKind, open: () => T): T => {
  try {
    return open()
  } catch (error) {
    if (!(error instanceof BadToken)) throw error
    return fail(`${kind}_token_invalid`, { cause: error })
  }
}
