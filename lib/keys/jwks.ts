import { createHash, KeyObject } from 'node:crypto'
import { matches } from '../http/etag.js'
import type { SigningKey } from './material.js'
import type { Jwks, PublicJwk } from './schema.js'

/** The keys with which others verify our access tokens; that of an HMAC is no public key. */
const jwksOf = (keys: ReadonlyArray<Pick<SigningKey, 'kid' | 'alg' | 'access'>>): Jwks => ({
  keys: keys.flatMap(({ kid, alg, access }) => access?.verify instanceof KeyObject
    ? [{ ...access.verify.export({ format: 'jwk' }), use: 'sig', alg, kid } as PublicJwk]
    : [])
})

/** What is published; `jwks` is undefined for who has it. `maxAge` is for how many seconds it may be remembered. */
export interface Published { jwks: Jwks | undefined, etag: string, maxAge: number }

/**
 * Publishes keys.
 * @param known entity tags of what the caller has, as in `If-None-Match`; the same keys have the same tag on all replicas
 */
export function publish (keys: readonly SigningKey[], maxAge: number, known = ''): Published {
  const jwks = jwksOf(keys)
  const etag = `"${createHash('sha256').update(JSON.stringify(jwks)).digest('base64url').slice(0, 22)}"`
  return { jwks: matches(known, etag, 'weak') ? undefined : jwks, etag, maxAge }
}
