import { Type, type Static } from '@sinclair/typebox'

/** A form as it arrives; a parameter that was sent twice is a list. */
export type Form = Readonly<Record<string, unknown>>

/** RFC 6749 section 5.1 with what a client needs to know when to come back. */
export const TokenResponse = Type.Object({
  access_token: Type.String(),
  token_type: Type.String(),
  expires_in: Type.Integer(),
  refresh_token: Type.String(),
  refresh_expires_in: Type.Integer(),
  scope: Type.String()
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
    grant_type: { type: 'string', description: '`password` or `refresh_token`' },
    username: { type: 'string' },
    password: { type: 'string' },
    refresh_token: { type: 'string' },
    scope: { type: 'string' },
    client_id: { type: 'string' }
  }
})
