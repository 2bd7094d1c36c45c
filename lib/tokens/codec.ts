import { createSigner } from 'fast-jwt'
import { fail } from '../errors.js'
import type { SigningKey } from '../keys/material.js'
import type { Keys } from '../keys/keys.js'
import { kinds, type ClaimsOf, type TokenKind } from './claims.js'
import { Recent } from '../recent.js'
import { BadToken } from './encoding.js'
import { createHeaders } from './header.js'
import { jsonPayload, verifyJws } from './jws.js'
import { OPAQUE, openOpaque, sealOpaque } from './opaque.js'

const LONGEST_TOKEN = 8192
const VERIFIED_KEPT = 2_000
const SIGNERS_KEPT = 60

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
  /** Finds the key of a token where it is not known here yet; to be awaited before a token that came in is verified. */
  ready: (token: string) => Promise<void> | undefined
  /** The key that a token says it is signed with, if there is one; nothing about it is verified. */
  keyOf: (token: string) => SigningKey | undefined
  /** Has a key stay until a token has expired that it is about to sign (ms). @returns its `kid`; not the one that was asked for, if that is gone */
  lasting: (expires: number, kid?: string) => Promise<string>
  /** Which kind a token says it is; nothing about it is verified. */
  kindOf: (token: string) => TokenKind | undefined
  /** `kid` of the key that signs now, for what is about to be signed. */
  signing: () => Promise<string>
}

/** How access tokens are written. Those that are written in another way stay good until they expire. */
export type AccessFormat = 'jwt' | 'opaque'

interface Parts { keys: Keys, audience: string, accessFormat: AccessFormat, leeway: number, now: () => number }

type Sign = (claims: object) => string

/** @param parts.leeway tolerated clock difference in seconds */
export function createCodec ({ keys, audience, accessFormat, leeway, now }: Parts): Codec {
  const signers = new Recent<Sign>(SIGNERS_KEPT)
  const headerOf = createHeaders()
  const verified = new Recent<Verified>(VERIFIED_KEPT)

  const signerFor = (kind: TokenKind, { kid, alg, secret, access }: SigningKey): Sign => {
    const name = `${kind} ${kid}`
    const [key, algorithm] = kind === 'access' ? [access?.sign ?? '', alg] as const : [secret, 'HS512'] as const
    const made = signers.get(name) ?? createSigner({ key, algorithm, kid, header: { alg: algorithm, typ: kinds[kind].typ } })
    signers.set(name, made)
    return made
  }

  const keyOf = (token: string): SigningKey | undefined => {
    const { kid } = headerOf(token)
    return kid === undefined ? undefined : keys.find(kid)
  }

  const openJwt = (kind: TokenKind, token: string): Record<string, unknown> => {
    const key = keyOf(token)
    if (!key) throw new BadToken('an unknown key')
    if (headerOf(token).kind !== kind) throw new BadToken('another kind of token')
    // With what the key is for, whatever the header says of an algorithm (RFC 8725 section 3.1).
    if (kind !== 'access') return jsonPayload(verifyJws(token, key.secret, 'HS512'))
    if (!key.access) throw new BadToken('a key whose access tokens expired long ago')
    return jsonPayload(verifyJws(token, key.access.verify, key.alg))
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
      const named = kid === undefined ? undefined : keys.find(kid)
      if (kind === 'access' && accessFormat === 'opaque') return sealOpaque(claims, named ?? keys.current, [keys.issuer, audience])
      const key = named && (kind !== 'access' || named.access?.sign !== undefined) ? named : keys.current
      return signerFor(kind, key)({ iss: keys.issuer, aud: audience, type: kind, ...claims })
    },

    verify: (kind, token) => {
      if (kind === 'refresh') return opened(kind, () => open(kind, token))
      // The signature of a token that was verified does not change; its times are judged on every call.
      const name = `${kind} ${token}`
      const before = verified.get(name)
      // One whose key was removed is none any more.
      const known = before && keys.find(before.kid) ? before : { claims: opened(kind, () => open(kind, token)), kid: headerOf(token).kid ?? '' }
      verified.set(name, known)
      const claims = known.claims as ClaimsOf[typeof kind]
      const seconds = now() / 1000
      if (claims.exp + leeway <= seconds) return fail(`${kind}_token_expired`, { subject: { user: claims.sub, ...('sid' in claims ? { session: claims.sid } : {}) } })
      if (Math.max(claims.iat, claims.nbf ?? 0) - leeway > seconds) return fail(`${kind}_token_invalid`)
      return claims
    },

    ready: token => {
      const { kid } = headerOf(token)
      return kid === undefined || keys.knows(kid) ? undefined : keys.meet(kid)
    },

    keyOf,
    lasting: keys.promise,
    kindOf: token => headerOf(token).kind,
    signing: keys.signing
  }
}

/** Claims, and the key with which they were verified. */
interface Verified { claims: unknown, kid: string }

const opened = <T>(kind: TokenKind, open: () => T): T => {
  try {
    return open()
  } catch (error) {
    if (!(error instanceof BadToken)) throw error
    return fail(`${kind}_token_invalid`, { cause: error })
  }
}
