import { createHash } from 'node:crypto'
import { importProofKey, type ProofKey } from '../dpop/proof-key.js'
import { fail } from '../errors.js'
import { BadToken } from '../tokens/encoding.js'
import { jsonPayload, peekHeader, peekPayload, verifyJws } from '../tokens/jws.js'

/** RFC 7523 section 2.2. */
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** A public key of a client, and how its assertions name it. */
export interface ClientKey extends Pick<ProofKey, 'key' | 'algorithms'> { kid: string | undefined }

/** @throws BadToken for what is no public key that a client may have */
export const clientKey = (jwk: Readonly<Record<string, unknown>>): ClientKey => {
  const { key, algorithms } = importProofKey(jwk)
  return { key, algorithms, kid: typeof jwk.kid === 'string' ? jwk.kid : undefined }
}

type Claims = Readonly<Record<string, unknown>>

interface Parts {
  issuer: string
  /** Whether something is named for the first time within so many milliseconds, on all replicas together. */
  isNew: (name: string, ms: number) => Promise<boolean>
  /** Milliseconds since the epoch. */
  now: () => number
  /** Seconds. */
  leeway: number
}

const LONGEST = 8192
const LONGEST_JTI = 256
/** Seconds; for so long at most has one to be remembered. */
const LATEST_EXPIRY = 3600
/** Seconds that the clocks of two replicas may be apart: the one behind must not take what the other has forgotten. */
const CLOCKS_APART = 60
const TYPES: readonly unknown[] = [undefined, 'JWT', 'client-authentication+jwt']

/** Who an assertion says that it is; nothing about it is verified. */
export function clientNamedIn (assertion: string): string | undefined {
  try {
    const { sub } = assertion.length > LONGEST ? {} : peekPayload(assertion)
    return typeof sub === 'string' ? sub : undefined
  } catch (error) {
    if (error instanceof BadToken) return undefined
    throw error
  }
}

/** The claims of an assertion that one of the keys has signed, or undefined. */
function signedClaims (assertion: string, keys: readonly ClientKey[]): Claims | undefined {
  const attempt = ({ key, algorithms, kid: own }: ClientKey): Claims | undefined => {
    try {
      const { alg, kid, typ } = peekHeader(assertion)
      const allowed = algorithms.find(name => name === alg)
      if (!allowed || !TYPES.includes(typ) || (kid !== undefined && own !== undefined && kid !== own)) return undefined
      return jsonPayload(verifyJws(assertion, key, allowed))
    } catch (error) {
      if (error instanceof BadToken) return undefined
      throw error
    }
  }
  for (const key of keys) {
    const claims = attempt(key)
    if (claims) return claims
  }
  return undefined
}

/** @param about the client, if it is a registered one @throws `invalid_client` */
const refuseAssertion = (message: string, about: { client?: string }): never =>
  fail('invalid_client', { errors: [{ path: '/client_assertion', message }], about })

/** For one that no key has signed, or that is of nobody: which of the two is not told. @throws `invalid_client` */
export const refuseUnsigned = (about: { client?: string }): never => refuseAssertion('is not signed by a key of the client', about)

/**
 * Verifies what a client says for itself, signed with its own key (RFC 7523 section 3). It is for the issuer and
 * nothing else: one that was made for another server, or for an endpoint that somebody names, must not be good here.
 * @throws `invalid_client`
 */
export const createAssertions = ({ issuer, isNew, now, leeway }: Parts) =>
  async (assertion: string, id: string, keys: readonly ClientKey[]): Promise<void> => {
    const about = { client: id }
    const refuse = (message: string): never => refuseAssertion(message, about)
    const { iss, sub, aud, exp, nbf = 0, iat = 0, jti } = signedClaims(assertion, keys) ?? refuseUnsigned(about)
    const time = now() / 1000
    if (iss !== id || sub !== id) refuse('is not of the client')
    if (aud !== issuer) refuse('is not for the issuer')
    if (typeof exp !== 'number' || exp + leeway <= time) return refuse('has expired')
    if (exp > time + LATEST_EXPIRY) refuse(`expires later than in ${LATEST_EXPIRY} seconds`)
    if (typeof nbf !== 'number' || typeof iat !== 'number' || Math.max(nbf, iat) > time + leeway) refuse('is not good yet')
    if (typeof jti !== 'string' || jti === '' || jti.length > LONGEST_JTI) refuse('has no jti, or too long a one')
    const name = createHash('sha256').update(JSON.stringify(['assertion', id, jti])).digest('base64url')
    if (!await isNew(name, Math.ceil((exp + leeway + CLOCKS_APART - time) * 1000))) refuse('was used before')
  }
