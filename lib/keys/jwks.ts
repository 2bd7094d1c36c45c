import { KeyObject } from 'node:crypto'
import { etagOf } from '../http/etag.js'
import type { SigningKey } from './material.js'
import type { Jwks, PublicJwk } from './schema.js'

/** The keys with which others verify our access tokens; that of an HMAC is no public key. */
const jwksOf = (keys: ReadonlyArray<Pick<SigningKey, 'kid' | 'alg' | 'access'>>): Jwks => ({
  keys: keys.flatMap(({ kid, alg, access }) => access?.verify instanceof KeyObject
    ? [{ ...access.verify.export({ format: 'jwk' }), use: 'sig', alg, kid } as PublicJwk]
    : [])
})

/** What is published; the same keys have the same entity tag on all replicas. `maxAge` is for how many seconds it may be remembered. */
export interface Published { jwks: Jwks, etag: string, maxAge: number }

/** Publishes keys. */
export function publish (keys: readonly SigningKey[], maxAge: number): Published {
  const jwks = jwksOf(keys)
  return { jwks, etag: etagOf(JSON.stringify(jwks)), maxAge }
}
