import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { BadToken, decodeBase64url, refuse } from '../tokens/encoding.js'
import type { JwsAlgorithm } from '../tokens/jws.js'

type Jwk = Readonly<Record<string, unknown>>

/** A public key whose holder proves that they have the private one. */
export interface ProofKey {
  key: KeyObject
  /** What it may sign with. */
  algorithms: readonly JwsAlgorithm[]
  /** The SHA-256 thumbprint of the key (RFC 7638), which `cnf.jkt` holds. */
  thumbprint: string
}

interface Kind {
  algorithms: readonly JwsAlgorithm[]
  /** What makes up the key, in the order of RFC 7638 section 3.3. */
  members: readonly string[]
  /** @throws BadToken */
  check: (jwk: Jwk) => void
}

/** A member that holds bytes, in the one way of writing them. */
const bytesOf = (jwk: Jwk, name: string): Buffer => {
  const text = jwk[name]
  return typeof text === 'string' ? decodeBase64url(text) : refuse(`${name} is no text`)
}

const coordinate = (jwk: Jwk, name: string): void => { if (bytesOf(jwk, name).length !== 32) refuse(`${name} has another length`) }
const curve = (jwk: Jwk, name: string): void => { if (jwk.crv !== name) refuse('another curve') }

/** Octets of moduli of 2048 to 4096 bits, and of exponents: both cost time to verify with, and come from strangers. */
const MODULUS = { least: 256, most: 512 }
const EXPONENT = { least: 65_537, mostBytes: 4 }

/** RFC 7518 section 6.3.1; the least exponent is that of FIPS 186-5 section 5.4. */
function checkRsa (jwk: Jwk): void {
  const [n, e] = [bytesOf(jwk, 'n'), bytesOf(jwk, 'e')]
  if (n.length < MODULUS.least || n.length > MODULUS.most || n[0]! < 0x80) refuse('a modulus of another length')
  if (e.length === 0 || e.length > EXPONENT.mostBytes || e[0] === 0) refuse('an exponent of another length')
  const exponent = e.readUIntBE(0, e.length)
  if (exponent < EXPONENT.least || exponent % 2 === 0) refuse('an exponent that is too small or even')
}

const kinds: ReadonlyMap<unknown, Kind> = new Map([
  ['EC', {
    algorithms: ['ES256'],
    members: ['crv', 'kty', 'x', 'y'],
    check: jwk => {
      curve(jwk, 'P-256')
      coordinate(jwk, 'x')
      coordinate(jwk, 'y')
    }
  }],
  ['OKP', {
    algorithms: ['EdDSA', 'Ed25519'],
    members: ['crv', 'kty', 'x'],
    check: jwk => {
      curve(jwk, 'Ed25519')
      coordinate(jwk, 'x')
    }
  }],
  ['RSA', { algorithms: ['RS256'], members: ['e', 'kty', 'n'], check: checkRsa }]
] satisfies Array<[string, Kind]>)

/** Algorithms that keys may sign with. */
export const proofAlgorithms = [...kinds.values()].flatMap(({ algorithms }) => algorithms)

/** Members that only secrets have (RFC 7518 sections 6.2.2, 6.3.2 and 6.4). */
const secrets = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** @throws BadToken if a key says that it is for something else (RFC 7517 section 4) */
function checkPurpose ({ use, key_ops: operations, alg }: Jwk, algorithms: readonly string[]): void {
  if (use !== undefined && use !== 'sig') refuse('a key for another use')
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) refuse('a key for other operations')
  if (alg !== undefined && !algorithms.includes(alg as string)) refuse('a key for another algorithm')
}

/**
 * Takes a public key out of a JWK (RFC 7517): P-256, Ed25519, or RSA of 2048 to 4096 bits.
 * @throws BadToken for every other, for secrets, and for what is not exactly right
 */
export function importProofKey (jwk: unknown): ProofKey {
  if (typeof jwk !== 'object' || jwk === null) return refuse('no key')
  const given = jwk as Jwk
  const { algorithms, members, check } = kinds.get(given.kty) ?? refuse('another kind of key')
  if (secrets.some(name => name in given)) refuse('a private key')
  checkPurpose(given, algorithms)
  check(given)
  const essence = Object.fromEntries(members.map(name => [name, given[name]]))
  return { key: publicKeyOf(essence), algorithms, thumbprint: createHash('sha256').update(JSON.stringify(essence)).digest('base64url') }
}

const publicKeyOf = (essence: Record<string, unknown>): KeyObject => {
  try {
    return createPublicKey({ key: essence, format: 'jwk' })
  } catch (error) {
    throw new BadToken('no point of its curve', { cause: error })
  }
}
