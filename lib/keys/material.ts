import type { KeyObject } from 'node:crypto'
import { accessKeys } from './access-keys.js'
import type { Master } from './master.js'
import type { Algorithm, RingKey } from './ring.js'

/** The pair of keys of access tokens; with HS512 both are the same. */
export interface AccessKey {
  /** The secret, or a private key in PEM. */
  sign: Buffer | string
  verify: Buffer | KeyObject
}

/** A key of the ring with what it signs and verifies with. */
export interface SigningKey {
  kid: string
  alg: Algorithm
  /** Signs refresh and API tokens, which nobody else has to read: HS512, whatever `alg` is. */
  secret: Buffer
  /** For access tokens that are no JWT. */
  opaque: Buffer
  /** Keys the hashes that name the successor of a refresh token. */
  lookup: Buffer
  /** For access tokens; undefined once they have all expired long ago. `sign` is undefined where only the public key is kept. */
  access: { verify: AccessKey['verify'], sign: AccessKey['sign'] | undefined } | undefined
}

/**
 * Derives a key of the ring. Nothing of it is stored: every replica comes to the same.
 * @param withAccess whether it is needed for access tokens; with RS256 that takes about a second
 */
export async function deriveSigningKey ({ kid, alg }: RingKey, master: Master, withAccess: boolean): Promise<SigningKey> {
  return {
    kid,
    alg,
    secret: master.derive(`sign:${kid}`),
    opaque: master.derive(`opaque:${kid}`),
    lookup: master.derive('lookup'),
    access: withAccess ? await accessKeys[alg](kid, master) : undefined
  }
}
