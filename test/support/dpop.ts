import { createHash, generateKeyPairSync, randomUUID, sign, type JsonWebKey, type KeyObject } from 'node:crypto'
import { importProofKey } from '#lib/dpop/proof-key.js'
import type { Answer, Running } from './app.js'

/** What `app.inject` calls the service. */
export const HERE = 'http://localhost:80'

const pairs = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
  Ed25519: () => generateKeyPairSync('ed25519'),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 })
}
export type ProofAlgorithm = keyof typeof pairs

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
export const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url')

/** What a proof says in another way than it should. */
export interface Twist { header?: Record<string, unknown>, claims?: Record<string, unknown>, signedBy?: KeyObject }

/** A client with a key of its own. */
export interface Holder {
  jwk: JsonWebKey
  jkt: string
  privateKey: KeyObject
  /** A new proof for a call, with an access token or without. */
  prove: (method: string, url: string, token?: string, twist?: Twist) => string
  /** Calls with the access token under the scheme DPoP. */
  call: (method: string, url: string, token: string, more?: { body?: unknown, twist?: Twist }) => Promise<Answer>
  /** Calls with a proof and no access token. */
  ask: (url: string, body: unknown, more?: { headers?: Record<string, string>, twist?: Twist }) => Promise<Answer>
  login: (username: string, password: string) => Promise<Answer>
  refresh: (token: string, more?: { key?: string, body?: object, twist?: Twist }) => Promise<Answer>
}

export function newHolder ({ call, clock }: Pick<Running, 'call' | 'clock'>, alg: ProofAlgorithm = 'ES256'): Holder {
  const { publicKey, privateKey } = pairs[alg]()
  const jwk = publicKey.export({ format: 'jwk' })

  const prove: Holder['prove'] = (method, url, token, { header, claims, signedBy = privateKey } = {}) => {
    const payload = {
      jti: randomUUID(),
      htm: method,
      htu: /^https?:/i.test(url) ? url : HERE + url.split('?')[0]!,
      iat: Math.floor((Date.now() + clock.skew()) / 1000),
      ...(token === undefined ? {} : { ath: hashOf(token) }),
      ...claims
    }
    const input = `${encode({ typ: 'dpop+jwt', alg, jwk, ...header })}.${encode(payload)}`
    const hash = signedBy.asymmetricKeyType === 'ed25519' ? null : 'sha256'
    return `${input}.${sign(hash, Buffer.from(input), { key: signedBy, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
  }
  const ask: Holder['ask'] = (url, body, { headers = {}, twist } = {}) =>
    call('POST', url, { body, headers: { ...headers, dpop: prove('POST', url, undefined, twist) } })

  return {
    jwk,
    jkt: importProofKey(jwk).thumbprint,
    privateKey,
    prove,
    call: (method, url, token, { body, twist } = {}) =>
      call(method, url, { headers: { authorization: `DPoP ${token}`, dpop: prove(method, url, token, twist) }, ...(body === undefined ? {} : { body }) }),
    ask,
    login: (username, password) => ask('/v1/auth/login', { username, password }),
    refresh: (token, { key, body = {}, twist } = {}) =>
      ask('/v1/auth/refresh', { refresh_token: token, ...body }, { headers: key === undefined ? {} : { 'idempotency-key': key }, ...(twist ? { twist } : {}) })
  }
}
