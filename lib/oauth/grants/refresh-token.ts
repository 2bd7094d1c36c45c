import { Type } from '@sinclair/typebox'
import { ScopeText } from '../../sessions/schema.js'
import { sessionTokens, type Grant } from './grant.js'

const Body = Type.Object({
  grant_type: Type.Literal('refresh_token'),
  refresh_token: Type.String({ minLength: 1 }),
  scope: Type.Optional(ScopeText)
})

/** RFC 6749 section 6, with rotation (RFC 9700 section 4.14.2). */
export const refreshTokenGrant: Grant<typeof Body> = {
  grantType: 'refresh_token',
  schema: Body,
  exchange: async ({ sessions }, { refresh_token: token, scope }, { client, idempotencyKey, abandoned, proof: prove }) => {
    const proof = prove()
    return sessionTokens(await sessions.refresh({ token, scope, idempotencyKey, abandoned, client, proof, transport: proof ? 'dpop' : 'bearer' }))
  }
}
