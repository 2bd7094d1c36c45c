import fp from 'fastify-plugin'
import { User } from '#lib/accounts/schema.js'
import { OAuthError, Problem } from '#lib/http/schema.js'
import { TokenResponse } from '#lib/oauth/schema.js'
import { Session, TokenPair } from '#lib/sessions/schema.js'

export default fp(async app => {
  for (const noun of [User, Session, TokenPair, TokenResponse, Problem, OAuthError]) app.addSchema(noun)
}, { name: 'schemas' })
