import { Type } from '@sinclair/typebox'
import { ScopeText } from '../../sessions/schema.js'
import type { Grant } from './grant.js'

const Body = Type.Object({
  grant_type: Type.Literal('client_credentials'),
  scope: Type.Optional(ScopeText)
})

/** RFC 6749 section 4.4: a short access token for the client itself, which no refresh token follows. */
export const clientCredentialsGrant: Grant<typeof Body> = {
  grantType: 'client_credentials',
  schema: Body,
  exchange: async ({ clientTokens }, { scope }, { client, proof }) => await clientTokens.issue(client, scope, proof())
}
