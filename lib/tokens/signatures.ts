import { constants, createHmac, KeyObject, timingSafeEqual, verify, type VerifyKeyObjectInput } from 'node:crypto'
import { handleOf } from '../keys/handle.js'
import { refuse } from './encoding.js'

/** The bytes of an HMAC key, or a public key. */
export type VerificationKey = Buffer | KeyObject

/** Whether a signature is right. @throws BadToken if the key is none for the algorithm */
type Verify = (input: string, key: VerificationKey, signature: Buffer) => boolean

/** @param bytes length of the output and, at least, of the key (RFC 7518 section 3.2) */
const hmac = (hash: string, bytes: number): Verify => (input, key, signature) => {
  if (!Buffer.isBuffer(key) || key.length < bytes) return refuse('a key of another kind, or too short')
  const expected = createHmac(hash, handleOf(key)).update(input).digest()
  return expected.length === signature.length && timingSafeEqual(expected, signature)
}

interface Scheme {
  hash: string | null
  /** Length of a signature by the key in bytes, or undefined if the algorithm has no use for the key. */
  length: (key: KeyObject) => number | undefined
  options?: Omit<VerifyKeyObjectInput, 'key'>
}

const asymmetric = ({ hash, length, options }: Scheme): Verify => (input, key, signature) => {
  const bytes = key instanceof KeyObject && key.type === 'public' ? length(key) : undefined
  if (bytes === undefined) return refuse('a key of another kind, or too short')
  return signature.length === bytes && verify(hash, Buffer.from(input), { ...options, key: key as KeyObject }, signature)
}

/** RFC 7518 section 3.3. */
const SHORTEST_RSA_BITS = 2048

const rsaBytes = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): number | undefined => {
  const bits = asymmetricKeyDetails?.modulusLength ?? 0
  return asymmetricKeyType === 'rsa' && bits >= SHORTEST_RSA_BITS ? Math.ceil(bits / 8) : undefined
}

const ed25519 = asymmetric({ hash: null, length: key => key.asymmetricKeyType === 'ed25519' ? 64 : undefined })

/** Algorithms of RFC 7518 section 3.1, RFC 8037 and RFC 9864, each with the one kind of key that it takes. */
export const algorithms = {
  HS256: hmac('sha256', 32),
  HS384: hmac('sha384', 48),
  HS512: hmac('sha512', 64),
  ES256: asymmetric({
    hash: 'sha256',
    length: key => key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 64 : undefined,
    options: { dsaEncoding: 'ieee-p1363' }
  }),
  RS256: asymmetric({ hash: 'sha256', length: rsaBytes, options: { padding: constants.RSA_PKCS1_PADDING } }),
  EdDSA: ed25519,
  /** The same by its name of RFC 9864, which newer clients write. */
  Ed25519: ed25519
} satisfies Record<string, Verify>

/** A signature algorithm that can be allowed. */
export type JwsAlgorithm = keyof typeof algorithms
