import { createHash } from 'node:crypto'
import { fail, type ErrorExtras } from '../errors.js'
import { BadToken } from '../tokens/encoding.js'
import { jsonPayload, peekHeader, verifyJws } from '../tokens/jws.js'
import { importProofKey } from './proof-key.js'
import type { Called } from './target.js'

/** What a proof was sent with. */
export interface Proven extends Called {
  method: string
  /** The header `DPoP`; several of them are none. */
  proof: string | string[]
  /** The access token of the call, if there is one. */
  accessToken: string | undefined
}

/** A proof that was found to be right (RFC 9449), so that whoever sent it has the key. */
export interface Proof {
  /** Thumbprint of the key. */
  jkt: string
  /** Takes it, for this call and no other; done again in the same call it changes nothing. @throws `invalid_dpop_proof` */
  spend: () => Promise<void>
}

interface Parts {
  isTarget: (htu: string, called: Called) => boolean
  /** Whether something is named for the first time, on all replicas together. */
  isNew: (name: string) => Promise<boolean>
  /** Milliseconds since the epoch. */
  now: () => number
}

const LONGEST_PROOF = 8192
const LONGEST_JTI = 256
/** Seconds that a proof may be older than the clock here, and newer, because no two clocks agree. */
export const OLDEST = 60
export const NEWEST = 15

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** @throws `invalid_dpop_proof` */
export const refuseProof = (why: string, more: ErrorExtras = {}): never => fail('invalid_dpop_proof', { errors: [{ path: '/headers/dpop', message: why }], ...more })

/** The claims of a proof that is signed by the key in its header. */
function opened (proof: string): { jkt: string, claims: Record<string, unknown> } {
  try {
    const { typ, alg, jwk } = peekHeader(proof)
    if (typ !== 'dpop+jwt') return refuseProof('is not of the type dpop+jwt')
    const { key, algorithms, thumbprint } = importProofKey(jwk)
    const allowed = algorithms.find(name => name === alg) ?? refuseProof('is not signed as its key may sign')
    return { jkt: thumbprint, claims: jsonPayload(verifyJws(proof, key, allowed, 'jwk')) }
  } catch (error) {
    if (!(error instanceof BadToken)) throw error
    return refuseProof('is no JWS that is signed by the public key in its header', { cause: error })
  }
}

/** Finds out whether the header of a call proves a key (RFC 9449 section 4.3), as far as one call can tell. */
export const createProofs = ({ isTarget, isNew, now }: Parts) => ({ proof, method, accessToken, ...called }: Proven): Proof => {
  if (typeof proof !== 'string' || proof.includes(',')) return refuseProof('is there more than once')
  if (proof.length > LONGEST_PROOF) return refuseProof('is too long')
  const { jkt, claims: { htm, htu, iat, jti, ath } } = opened(proof)
  if (htm !== method) return refuseProof('is for another method')
  if (typeof htu !== 'string' || !isTarget(htu, called)) return refuseProof('is for another URL; where the service is reached stands in PUBLIC_URL')
  const age = typeof iat === 'number' ? now() / 1000 - iat : NaN
  if (!(age <= OLDEST && age >= -NEWEST)) return refuseProof(`was not made within the last ${OLDEST} seconds of the clock here`)
  if (typeof jti !== 'string' || jti === '' || jti.length > LONGEST_JTI) return refuseProof('has no jti, or too long a one')
  if (accessToken !== undefined && ath !== sha256(accessToken)) return refuseProof('is for another access token')

  const take = async (): Promise<void> => {
    if (!await isNew(sha256(JSON.stringify([jkt, jti, htu])))) refuseProof('was used before')
  }
  let taken: Promise<void> | undefined
  return { jkt, spend: async () => { await (taken ??= take()) } }
}
