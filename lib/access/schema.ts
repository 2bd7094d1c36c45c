import { Type, type Static } from '@sinclair/typebox'
import { UserId } from '../accounts/schema.js'
import { ApiToken } from '../api-tokens/schema.js'
import { Nullable, Time, Words } from '../http/schema.js'

/** What is known of the credentials of a call. */
export const TokenInfo = Type.Object({
  kind: Words(['access', 'api', 'basic'], { description: '`basic`: no token, but a name and a password (BASIC_AUTH)' }),
  user: Type.Object({ id: UserId, username: Type.String() }),
  session: Nullable(Type.String({ description: 'Only of an access token' })),
  cnf: Type.Optional(Type.Object({ jkt: Type.String() }, { description: 'The key that the token is bound to, by its thumbprint (RFC 9449)' })),
  scope: Type.String({ description: 'What was granted, as far as its user may still have it' }),
  issued_at: Time,
  expires_at: Nullable(Time),
  auth_time: Nullable(Type.String({ format: 'date-time', description: 'When the user last proved who they are' })),
  fresh: Type.Boolean({ description: 'Whether the token came from that proof, not from a refresh since' }),
  datasets: Nullable(ApiToken.properties.datasets),
  meta: Nullable(ApiToken.properties.meta)
}, { $id: 'TokenInfo' })
export type TokenInfo = Static<typeof TokenInfo>
