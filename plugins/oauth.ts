import fp from 'fastify-plugin'
import { createRevocation } from '#lib/oauth/revocation.js'
import { createTokenEndpoint } from '#lib/oauth/token-endpoint.js'

declare module 'fastify' {
  interface FastifyInstance {
    exchangeGrant: ReturnType<typeof createTokenEndpoint>
    revokeToken: ReturnType<typeof createRevocation>
  }
}

export default fp(async app => {
  const { accounts, sessions, codec } = app
  app.decorate('exchangeGrant', createTokenEndpoint({ accounts, sessions }))
  app.decorate('revokeToken', createRevocation({ codec, sessions }))
}, { name: 'oauth', dependencies: ['accounts', 'sessions', 'jwt'] })
