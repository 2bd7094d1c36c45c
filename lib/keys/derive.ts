import { argon2id, hash } from 'argon2'
import { hkdfSync } from 'node:crypto'
import type { Secret } from './secret.js'

const MASTER_BYTES = 64

/** What a key derived from the master is for; after a colon comes the kid of a generation of the signing key. */
export type Purpose = 'check' | 'lookup' | 'sealing' | 'email' | 'csrf' | 'keeping' | `${'sign' | 'opaque' | 'EdDSA' | 'ES256' | 'RS256'}:${string}`

/**
 * The master key. A passphrase is stretched with Argon2id (RFC 9106) under the salt that all replicas share.
 * @param salt at least 16 bytes
 */
export async function deriveMaster (secret: Secret, salt: Buffer): Promise<Buffer> {
  if (secret.kind === 'bytes') return secret.bytes
  return await hash(secret.text, {
    type: argon2id, raw: true, salt, memoryCost: 64 * 1024, timeCost: 3, parallelism: 4, hashLength: MASTER_BYTES
  })
}

/**
 * A key of 64 bytes for one purpose, by HKDF-SHA512 (RFC 5869). Keys of different purposes tell nothing
 * about each other or about the master.
 */
export const deriveKey = (master: Buffer, purpose: Purpose): Buffer =>
  Buffer.from(hkdfSync('sha512', master, '', `guardcell/${purpose}`, MASTER_BYTES))
