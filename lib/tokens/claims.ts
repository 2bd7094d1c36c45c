import { Type, type Static, type TSchema } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'

const Seconds = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Text = Type.String({ minLength: 1, maxLength: 256 })

const registered = { iss: Text, aud: Text, sub: Text, exp: Seconds, iat: Seconds, nbf: Type.Optional(Seconds), jti: Text }

/** The key that whoever has the token must prove to have as well (RFC 9449 section 6.1). */
const Confirmation = Type.Object({ jkt: Text })

const ofSession = {
  sid: Text,
  /** The generation of the session that minted the token; a rotation adds one. */
  gen: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  /** When the user last proved who they are (OpenID Connect Core section 2). */
  auth_time: Seconds,
  /** Space separated (RFC 6749 section 3.3). */
  scope: Type.String({ maxLength: 4096 }),
  client_id: Text,
  cnf: Type.Optional(Confirmation)
}

/** Claims of an access token of a session (RFC 9068 section 2.2, with `type` for PlantDB's clients). */
export const AccessClaims = Type.Object({
  ...registered,
  ...ofSession,
  type: Type.Literal('access'),
  username: Text,
  /** Only in a token minted by an explicit authentication, never by a refresh. */
  fresh: Type.Optional(Type.Literal(true))
})
export type AccessClaims = Static<typeof AccessClaims>

/** Claims of an access token for a client itself (RFC 6749 section 4.4); `sub` is the account that it acts as. */
export const ClientClaims = Type.Object({
  ...registered,
  type: Type.Literal('access'),
  gty: Type.Literal('client_credentials'),
  scope: ofSession.scope,
  /** The id of an API token where there is the claim `datasets`, else of a registered client. */
  client_id: Text,
  username: Text,
  cnf: Type.Optional(Confirmation),
  datasets: Type.Optional(Type.String({ minLength: 1, maxLength: 4096 }))
})
export type ClientClaims = Static<typeof ClientClaims>

/** Claims of a refresh token; opaque to clients. */
export const RefreshClaims = Type.Object({
  ...registered,
  ...ofSession,
  type: Type.Literal('refresh'),
  /** When the rotation that minted the token took place, in milliseconds on the clock of Redis. */
  rot: Seconds
})
export type RefreshClaims = Static<typeof RefreshClaims>

/** Claims of an API token; `jti` is its id. */
export const ApiClaims = Type.Object({
  ...registered,
  type: Type.Literal('api'),
  username: Text,
  scope: ofSession.scope,
  /** Data sets and what is allowed on them, as `glob/read,write;glob2/read`. */
  datasets: Type.String({ minLength: 1, maxLength: 4096 })
})
export type ApiClaims = Static<typeof ApiClaims>

interface Kind<T extends TSchema> { typ: string, schema: T, check: (claims: unknown) => claims is Static<T> }

const kind = <T extends TSchema>(typ: string, schema: T): Kind<T> => {
  const compiled = TypeCompiler.Compile(schema)
  return { typ, schema, check: (claims): claims is Static<T> => compiled.Check(claims) }
}

/** The kinds of token by the `typ` of their header (RFC 8725 section 3.11): none passes for another. */
export const kinds = {
  access: kind('at+jwt', Type.Union([AccessClaims, ClientClaims])),
  refresh: kind('rt+jwt', RefreshClaims),
  api: kind('api+jwt', ApiClaims)
}

export type TokenKind = keyof typeof kinds
export interface ClaimsOf { access: AccessClaims | ClientClaims, refresh: RefreshClaims, api: ApiClaims }
