import { createECDH, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { Master } from './master.js'
import type { AccessKey } from './material.js'
import type { Algorithm } from './ring.js'
import { deriveRsaKey } from './rsa.js'

/** PKCS #8 of an Ed25519 key up to its seed (RFC 8410 section 7). */
const ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Order of P-256 (FIPS 186-5, SP 800-186 section 3.2.1.3). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

const pair = (key: KeyObject): AccessKey => ({ sign: key.export({ type: 'pkcs8', format: 'pem' }), verify: createPublicKey(key) })

/** The first candidate that is a private key, so that all are equally likely; the second one is tried once in 2^32. */
function scalarFrom (stream: Buffer): Buffer {
  for (let at = 0; at + 32 <= stream.length; at += 32) {
    const candidate = stream.subarray(at, at + 32)
    const number = BigInt(`0x${candidate.toString('hex')}`)
    if (number > 0n && number < P256_ORDER) return candidate
  }
  throw new Error('no private key among the candidates')
}

function p256Key (scalar: Buffer): KeyObject {
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(scalar)
  const point = ecdh.getPublicKey()
  const part = (from: number): string => point.subarray(from, from + 32).toString('base64url')
  return createPrivateKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', d: scalar.toString('base64url'), x: part(1), y: part(33) } })
}

/** How the key pair of access tokens is derived, by algorithm. */
export const accessKeys: Readonly<Record<Algorithm, (kid: string, master: Master) => AccessKey | Promise<AccessKey>>> = {
  HS512: (kid, master) => {
    const secret = master.derive(`sign:${kid}`)
    return { sign: secret, verify: secret }
  },
  EdDSA: (kid, master) => pair(createPrivateKey({ format: 'der', type: 'pkcs8', key: Buffer.concat([ED25519, master.derive(`EdDSA:${kid}`).subarray(0, 32)]) })),
  ES256: (kid, master) => pair(p256Key(scalarFrom(master.derive(`ES256:${kid}`)))),
  RS256: async (kid, master) => pair(await deriveRsaKey(master.derive(`RS256:${kid}`)))
}
