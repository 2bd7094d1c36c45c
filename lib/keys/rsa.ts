import { checkPrime, createCipheriv, createPrivateKey, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

const isPrime = promisify<bigint, boolean>(checkPrime)

const PRIME_BYTES = 128
const E = 65_537n
/** How far apart the primes must be at least (FIPS 186-5 appendix A.1.3). */
const APART = 1n << 924n

const smallPrimes = Array.from({ length: 1000 }, (_, i) => i + 3)
  .filter(n => { for (let d = 2; d * d <= n; d++) if (n % d === 0) return false; return true })
  .map(BigInt)

/** Bytes that look random and are the same for the same key: AES-256 in counter mode. */
function streamOf (key: Buffer): (bytes: number) => Buffer {
  const cipher = createCipheriv('aes-256-ctr', key.subarray(0, 32), Buffer.alloc(16))
  return bytes => cipher.update(Buffer.alloc(bytes))
}

/** An odd number of 1024 bits whose two highest are set, so that the product of two has 2048. */
function candidate (bytes: Buffer): bigint {
  bytes[0]! |= 0xc0
  bytes[PRIME_BYTES - 1]! |= 1
  return BigInt(`0x${bytes.toString('hex')}`)
}

/** The first candidate that is a prime; each is drawn anew, so that no prime is likelier than another. */
async function nextPrime (next: (bytes: number) => Buffer, fits: (prime: bigint) => boolean): Promise<bigint> {
  for (;;) {
    const number = candidate(next(PRIME_BYTES))
    if (smallPrimes.every(prime => number % prime !== 0n) && number % E !== 1n && await isPrime(number) && fits(number)) return number
  }
}

function inverse (number: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [number, modulus, 1n, 0n]
  while (b > 0n) {
    const quotient = a / b
    ;[a, b, x, y] = [b, a - quotient * b, y, x - quotient * y]
  }
  return x < 0n ? x + modulus : x
}

const encoded = (number: bigint): string => {
  const hex = number.toString(16)
  return Buffer.from(hex.padStart(hex.length + hex.length % 2, '0'), 'hex').toString('base64url')
}

/**
 * The RSA key of 2048 bits that a seed stands for (RFC 8017 section 3.2). Which primes are found depends on the seed
 * alone: primality does not depend on chance, except for one composite in 2^128 that no test could tell.
 * @param seed at least 32 bytes
 */
export async function deriveRsaKey (seed: Buffer): Promise<KeyObject> {
  const next = streamOf(seed)
  const p = await nextPrime(next, () => true)
  const q = await nextPrime(next, number => (number > p ? number - p : p - number) > APART)
  const d = inverse(E, (p - 1n) * (q - 1n))
  const parts = { n: p * q, e: E, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
  const jwk = Object.fromEntries(Object.entries(parts).map(([name, number]) => [name, encoded(number)]))
  return createPrivateKey({ format: 'jwk', key: { kty: 'RSA', ...jwk } })
}
