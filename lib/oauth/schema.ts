import { Type, type Static } from '@sinclair/typebox'

/** A form as it arrives; a parameter that was sent twice is a list. */
export type Form = Readonly<Record<string, unknown>>

const clientParameters = {
  client_id: { type: 'string', description: '`guardcell` if it is not there, the public client of our own frontends' },
  client_secret: { type: 'string', description: 'Of a confidential client, unless it is in an Authorization header (Basic)' },
  client_assertion_type: { type: 'string', description: '`urn:ietf:params:oauth:client-assertion-type:jwt-bearer`' },
  client_assertion: { type: 'string', description: 'Of a confidential client with a key: a JWT that it has signed (RFC 7523)' }
}

/** RFC 6749 section 5.1 with what a client needs to know when to come back. */
export const TokenResponse = Type.Object({
  access_token: Type.String(),
  token_type: Type.String(),
  expires_in: Type.Integer(),
  refresh_token: Type.Optional(Type.String({ description: 'Not beside an API token, nor with REFRESH_TOKENS=off' })),
  refresh_expires_in: Type.Optional(Type.Integer()),
  scope: Type.String(),
  datasets: Type.Optional(Type.String({ description: 'What an API token is good for, as `glob/read,write;glob2/read`' }))
}, { $id: 'TokenResponse' })
export type TokenResponse = Static<typeof TokenResponse>

/**
 * The form of a token request as the OpenAPI document shows it. It only says that each parameter is sent
 * once; the rest is up to the grant, so that an unknown grant is told apart from a malformed request.
 */
export const TokenForm = Type.Unsafe<Form>({
  type: 'object',
  description: 'What is needed besides `grant_type` depends on it.',
  properties: {
    grant_type: { type: 'string', description: '`password`, `refresh_token`, `client_credentials` or `urn:ietf:params:oauth:grant-type:device_code`' },
    username: { type: 'string' },
    password: { type: 'string' },
    refresh_token: { type: 'string' },
    device_code: { type: 'string' },
    scope: { type: 'string' },
    ...clientParameters
  }
})

/** The form of a request about a token, likewise. */
export const TokenReferenceForm = Type.Unsafe<Form>({
  type: 'object',
  properties: {
    token: { type: 'string' },
    token_type_hint: { type: 'string', description: 'Not needed' },
    ...clientParameters
  }
})

/** RFC 7662 section 2.2; of a token that is not active nothing else is said. Times are seconds since the epoch. */
export const Introspection = Type.Object({
  active: Type.Boolean(),
  scope: Type.Optional(Type.String({ description: 'What was granted, as far as the account may still have it' })),
  client_id: Type.Optional(Type.String({ description: 'Of an API token, its own id' })),
  username: Type.Optional(Type.String()),
  token_type: Type.Optional(Type.String({ description: 'Absent of a refresh token, which opens nothing' })),
  exp: Type.Optional(Type.Integer()),
  iat: Type.Optional(Type.Integer()),
  nbf: Type.Optional(Type.Integer()),
  sub: Type.Optional(Type.String()),
  aud: Type.Optional(Type.String()),
  iss: Type.Optional(Type.String()),
  jti: Type.Optional(Type.String()),
  auth_time: Type.Optional(Type.Integer({ description: 'When the user last proved who they are' })),
  cnf: Type.Optional(Type.Object({ jkt: Type.String() }, { description: 'The key that the token is bound to' })),
  datasets: Type.Optional(Type.String({ description: 'What an API token is good for, as `glob/read,write;glob2/read`' }))
}, { $id: 'Introspection' })
export type Introspection = Static<typeof Introspection>

const Texts = Type.Array(Type.String())

/** RFC 8414 section 2. */
export const ServerMetadata = Type.Object({
  issuer: Type.String(),
  token_endpoint: Type.String(),
  token_endpoint_auth_methods_supported: Texts,
  token_endpoint_auth_signing_alg_values_supported: Texts,
  grant_types_supported: Texts,
  response_types_supported: Texts,
  scopes_supported: Texts,
  introspection_endpoint: Type.String(),
  introspection_endpoint_auth_methods_supported: Texts,
  introspection_endpoint_auth_signing_alg_values_supported: Texts,
  revocation_endpoint: Type.String(),
  revocation_endpoint_auth_methods_supported: Texts,
  revocation_endpoint_auth_signing_alg_values_supported: Texts,
  device_authorization_endpoint: Type.String(),
  jwks_uri: Type.String(),
  dpop_signing_alg_values_supported: Texts,
  service_documentation: Type.String()
}, { $id: 'ServerMetadata' })
export type ServerMetadata = Static<typeof ServerMetadata>

/** The form of a device authorization request, likewise. */
export const DeviceAuthorizationForm = Type.Unsafe<Form | null>({
  type: ['object', 'null'],
  properties: {
    ...clientParameters,
    scope: { type: 'string', description: 'What the device would like to have; the user decides' },
    device_name: { type: 'string', description: 'What the user reads who approves' },
    datasets: { type: 'string', description: 'The same with globs of scan ids, as `glob/read,write;glob2/read`' }
  }
})
