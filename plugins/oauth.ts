import fp from 'fastify-plugin'
import { createDeviceAuthorization } from '#lib/oauth/device-authorization.js'
import { createRevocation } from '#lib/oauth/revocation.js'
import { createTokenEndpoint } from '#lib/oauth/token-endpoint.js'

declare module 'fastify' {
  interface FastifyInstance {
    authorizeDevice: ReturnType<typeof createDeviceAuthorization>
    exchangeGrant: ReturnType<typeof createTokenEndpoint>
    revokeToken: ReturnType<typeof createRevocation>
  }
}

export default fp(async app => {
  const { accounts, sessions, codec, apiTokens, pairing: { devices } } = app
  app.decorate('authorizeDevice', createDeviceAuthorization(devices))
  app.decorate('exchangeGrant', createTokenEndpoint({ accounts, sessions, devices }))
  app.decorate('revokeToken', createRevocation({ codec, sessions, apiTokens }))
}, { name: 'oauth', dependencies: ['accounts', 'sessions', 'jwt', 'api-tokens', 'pairing'] })
