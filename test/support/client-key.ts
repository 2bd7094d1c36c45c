import { generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto'

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

const pairs = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 })
}

/** A client that signs for itself. */
export function newSigner (id: string, alg: keyof typeof pairs = 'ES256', kid?: string) {
  const { publicKey, privateKey } = pairs[alg]()
  const jwk = { ...publicKey.export({ format: 'jwk' }), ...(kid === undefined ? {} : { kid }) }
  const assert = (claims: Record<string, unknown>, header: Record<string, unknown> = {}, key: KeyObject = privateKey): string => {
    const now = Math.floor(Date.now() / 1000)
    const input = `${encode({ alg, ...(kid === undefined ? {} : { kid }), ...header })}.${encode({ iss: id, sub: id, iat: now, exp: now + 60, jti: randomUUID(), ...claims })}`
    return `${input}.${sign(alg === 'EdDSA' ? null : 'sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
  }
  return { id, jwk, privateKey, assert }
}

/** What a form says with an assertion. */
export const asserted = (assertion: string): Record<string, string> => ({ client_assertion_type: ASSERTION_TYPE, client_assertion: assertion })
