import fp from 'fastify-plugin'
import { createTokenInfo, vouchFor } from '#lib/access/token-info.js'

declare module 'fastify' {
  interface FastifyInstance {
    tokenInfo: ReturnType<typeof createTokenInfo>
    vouchFor: typeof vouchFor
  }
}

export default fp(async app => {
  app.decorate('tokenInfo', createTokenInfo(app.apiTokens))
  app.decorate('vouchFor', vouchFor)
}, { name: 'token-info', dependencies: ['api-tokens'] })
