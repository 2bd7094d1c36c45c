import { randomBytes, timingSafeEqual } from 'node:crypto'
import { BootError } from '../boot-error.js'
import type { SealingKey } from '../sealing/seal.js'
import { deriveKey, deriveMaster } from './derive.js'
import type { Secret } from './secret.js'
import type { KeyStore, RingKey } from './store.js'

/** A key that signs or verifies tokens; `opaque` is for those that are no JWT. */
export interface SigningKey extends RingKey { secret: Buffer, opaque: Buffer }

/** The keys of this installation, derived from its secret; equal on every replica. */
export interface Keys {
  issuer: string
  /** The key that signs now. */
  current: SigningKey
  /** The key that a token's `kid` names, or undefined for one that this installation never had. */
  find: (kid: string) => SigningKey | undefined
  /** Keys the hashes that only serve to look something up, such as the jti of a repeated refresh. */
  lookup: Buffer
  /** Encrypts what is personal; its id is the beginning of the check value, which names the secret. */
  sealing: SealingKey
  /** Keys the hashes by which e-mail addresses are found. */
  email: Buffer
  /** Keys the tokens that a page shows to prove that it can read our cookies. */
  csrf: Buffer
  /** Whether the store still is the one that these keys belong to. */
  belong: () => Promise<boolean>
}

const SEALING_ID_CHARACTERS = 8

interface Parts {
  secret: Secret
  store: KeyStore
  /** `ISSUER` if the operator set it; else `defaultIssuer` is kept for good at the first start. */
  issuer: string | undefined
  defaultIssuer: string
  now: () => number
}

/**
 * Derives the keys of this installation.
 * @throws BootError if the secret is not the one with which the store was set up
 */
export async function openKeys ({ secret, store, issuer, defaultIssuer, now }: Parts): Promise<Keys> {
  const master = await deriveMaster(secret, await store.salt(randomBytes(16)))
  const check = deriveKey(master, 'check').subarray(0, 32)
  const first: RingKey = { kid: randomBytes(9).toString('base64url'), alg: 'HS512', status: 'current', created: now() }
  const facts = await store.agree({ check: check.toString('base64'), issuer: issuer ?? defaultIssuer, ring: [first] })
  if (!sameBytes(check, Buffer.from(facts.check, 'base64'))) {
    throw new BootError(['The secret (JWT_SECRET_KEY, or the file secret in STATE_DIR) is not the one that this Redis was set up with. Give the former one, or use an empty Redis or another REDIS_PREFIX to start over'])
  }
  const ring = new Map(facts.ring.map(key => [key.kid, { ...key, secret: deriveKey(master, `sign:${key.kid}`), opaque: deriveKey(master, `opaque:${key.kid}`) }]))
  const current = [...ring.values()].find(key => key.status === 'current')
  if (!current) throw new BootError(['The key ring in Redis names no signing key: restore the hash keys from a backup'])
  return {
    issuer: issuer ?? facts.issuer,
    current,
    find: kid => ring.get(kid),
    lookup: deriveKey(master, 'lookup'),
    sealing: { id: check.toString('base64url').slice(0, SEALING_ID_CHARACTERS), key: deriveKey(master, 'sealing') },
    email: deriveKey(master, 'email'),
    csrf: deriveKey(master, 'csrf'),
    belong: async () => await store.check() === facts.check
  }
}

const sameBytes = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b)
