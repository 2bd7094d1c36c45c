import { createPublicKey, KeyObject } from 'node:crypto'
import { createSeal, type Seal } from '../sealing/seal.js'
import type { Master } from './master.js'
import type { SigningKey } from './material.js'
import type { RingKey } from './ring.js'
import type { SecretKeys } from './secrets.js'

// What is still needed of a former secret is kept in Redis, sealed under the one in use: never the secret itself, nor
// a key from which more could be derived than this.

/** Seals keys of former secrets under this one. */
export const keeperOf = (master: Master): Seal => createSeal({ id: master.id, key: master.derive('keeping') }, '', '')

type Parts = Record<string, Buffer | undefined>

const keep = (keeper: Seal, name: string, parts: Parts): string =>
  keeper.seal(name, JSON.stringify(Object.fromEntries(Object.entries(parts).map(([part, key]) => [part, key?.toString('base64')]))))

function kept (keeper: Seal, name: string, sealed: string): Record<string, Buffer> | undefined {
  const text = keeper.open(name, sealed)
  if (text === null) return undefined
  return Object.fromEntries(Object.entries(JSON.parse(text) as Record<string, string>).map(([part, key]) => [part, Buffer.from(key, 'base64')]))
}

/** What a key of the ring verifies with. */
export const keepKey = (keeper: Seal, { kid, secret, opaque, lookup, access }: SigningKey): string =>
  keep(keeper, `key ${kid}`, { secret, opaque, lookup, public: access?.verify instanceof KeyObject ? access.verify.export({ type: 'spki', format: 'der' }) : undefined })

export function keptKey (keeper: Seal, { kid, alg, kept: sealed = '' }: RingKey, withAccess: boolean): SigningKey | undefined {
  const { secret, opaque, lookup, public: spki } = kept(keeper, `key ${kid}`, sealed) ?? {}
  if (!secret || !opaque || !lookup) return undefined
  const shared = { kid, alg, secret, opaque, lookup }
  if (!withAccess || (alg !== 'HS512' && !spki)) return { ...shared, access: undefined }
  // Nothing new is signed with it; what was answered once is answered with the same claims.
  return { ...shared, access: alg === 'HS512' ? { sign: secret, verify: secret } : { sign: undefined, verify: createPublicKey({ key: spki!, type: 'spki', format: 'der' }) } }
}

/** What finds and opens things that were made with a former secret. */
export const keepSecret = (keeper: Seal, { id, lookup, email, csrf, anonymous }: SecretKeys): string =>
  keep(keeper, `secret ${id}`, { lookup, email, csrf, anonymous })

export function keptSecret (keeper: Seal, id: string, sealed: string): SecretKeys | undefined {
  const { lookup, email, csrf, anonymous } = kept(keeper, `secret ${id}`, sealed) ?? {}
  return lookup && email && csrf && anonymous ? { id, lookup, email, csrf, anonymous, sealing: undefined } : undefined
}
