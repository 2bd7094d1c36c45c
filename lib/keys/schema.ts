import { Type, type Static } from '@sinclair/typebox'
import { Nullable, Page, ref, Time, Words } from '../http/schema.js'
import { algorithms } from './ring.js'

export const Kid = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })

/** One generation of the signing key. */
export const Key = Type.Object({
  kid: Type.String(),
  alg: Words(algorithms, { description: 'Of the access tokens that it signs' }),
  status: Words(['next', 'current', 'retiring'] as const, { description: '`next` is announced and signs soon, `retiring` only verifies' }),
  created: Time,
  retires: Nullable(Type.String({ format: 'date-time', description: 'When no token that it signed can matter any more, and it is dropped' }))
}, { $id: 'Key' })
export type Key = Static<typeof Key>

export const KeyList = Page(ref(Key))

const Text = Type.Optional(Type.String())

/** A public key (RFC 7517, RFC 7518 section 6, RFC 8037 section 2). */
export const PublicJwk = Type.Object({
  kty: Type.String(),
  use: Words(['sig'] as const),
  alg: Type.String(),
  kid: Type.String(),
  crv: Text,
  x: Text,
  y: Text,
  n: Text,
  e: Text
})
export type PublicJwk = Static<typeof PublicJwk>

export const Jwks = Type.Object({ keys: Type.Array(PublicJwk) }, { $id: 'Jwks' })
export type Jwks = Static<typeof Jwks>
