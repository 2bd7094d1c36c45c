import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { createApiTokens, type ApiTokens } from '#lib/api-tokens/service.js'

declare module 'fastify' {
  interface FastifyInstance { apiTokens: ApiTokens }
}

export default fp<AppOptions>(async (app, { config, now, randomId }) => {
  const policy = { daily: config.API_TOKEN_DAILY_LIMIT, cooldown: config.API_TOKEN_COOLDOWN * 1000 }
  app.decorate('apiTokens', createApiTokens({ store: app.apiTokenStore, codec: app.codec, policy, randomId, now, durable: app.durable, report: app.tell }))
}, { name: 'api-tokens', dependencies: ['api-token-store', 'jwt', 'events', 'redis'] })
