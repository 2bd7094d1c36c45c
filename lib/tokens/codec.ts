import { createSigner } from 'fast-jwt'
import { fail } from '../errors.js'
import type { Keys, SigningKey } from '../keys/service.js'
import { kinds, type ClaimsOf, type TokenKind } from './claims.js'
import { Recent } from '../recent.js'
import { JwsError, jsonPayload, peekHeader, verifyJws } from './jws.js'

const LONGEST_TOKEN = 8192
const VERIFIED_KEPT = 2_000

/** What the codec adds by itself to the claims of every token. */
type Added = 'iss' | 'aud' | 'type'

/** Turns claims into tokens and back. Both directions of every kind go through here. */
export interface Codec {
  /** Signs with the current key, or with the one that `kid` names so that a repeated answer has the same bytes. */
  sign: <K extends TokenKind>(kind: K, claims: Omit<ClaimsOf[K], Added>, kid?: string) => string
  /**
   * Verifies a token of exactly one kind. The expiry of an access token is judged here, within the leeway;
   * that of a refresh token is not: only the script that spends it knows the clock of Redis.
   * @throws `access_token_invalid`, `access_token_expired` or `refresh_token_invalid`
   */
  verify: <K extends TokenKind>(kind: K, token: string) => ClaimsOf[K]
  /** `kid` of the key that signs now. */
  readonly kid: string
}

interface Parts { keys: Keys, audience: string, leeway: number, now: () => number }

type Sign = (claims: object) => string

/** @param parts.leeway tolerated clock difference in seconds */
export function createCodec ({ keys, audience, leeway, now }: Parts): Codec {
  const signers = new Map<string, Sign>()

  const signerFor = (kind: TokenKind, key: SigningKey): Sign => {
    const name = `${kind} ${key.kid}`
    const made = signers.get(name) ?? createSigner({ key: key.secret, algorithm: key.alg, kid: key.kid, header: { alg: key.alg, typ: kinds[kind].typ } })
    signers.set(name, made)
    return made
  }

  const verified = new Recent<unknown>(VERIFIED_KEPT)

  const open = <K extends TokenKind>(kind: K, token: string): ClaimsOf[K] => {
    if (token.length > LONGEST_TOKEN) throw new JwsError('too long')
    const { kid, typ } = peekHeader(token)
    const key = typeof kid === 'string' ? keys.find(kid) : undefined
    if (!key) throw new JwsError('an unknown key')
    if (typ !== kinds[kind].typ) throw new JwsError('another kind of token')
    const claims = jsonPayload(verifyJws(token, key.secret, key.alg))
    if (!kinds[kind].check(claims)) throw new JwsError('claims are missing or malformed')
    if (claims.iss !== keys.issuer || claims.aud !== audience) throw new JwsError('another issuer or audience')
    return claims as ClaimsOf[K]
  }

  return {
    sign: (kind, claims, kid) => {
      const key = kid === undefined ? keys.current : keys.find(kid) ?? keys.current
      return signerFor(kind, key)({ iss: keys.issuer, aud: audience, type: kind, ...claims })
    },

    verify: (kind, token) => {
      if (kind === 'refresh') return opened(kind, () => open(kind, token))
      // The signature of a token that was verified does not change; its times are judged on every call.
      const claims = verified.get(token) as ClaimsOf[typeof kind] | undefined ?? opened(kind, () => open(kind, token))
      verified.set(token, claims)
      const seconds = now() / 1000
      if (claims.exp + leeway <= seconds) return fail('access_token_expired')
      if (Math.max(claims.iat, claims.nbf ?? 0) - leeway > seconds) return fail('access_token_invalid')
      return claims
    },

    get kid () { return keys.current.kid }
  }
}

const opened = <T>(kind: TokenKind, open: () => T): T => {
  try {
    return open()
  } catch (error) {
    if (!(error instanceof JwsError)) throw error
    return fail(`${kind}_token_invalid`, { cause: error })
  }
}
