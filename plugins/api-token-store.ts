import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { createApiTokenStore, type ApiTokenStore } from '#lib/api-tokens/store.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** The API tokens of machines. */
    apiTokenStore: ApiTokenStore
  }
}

export default fp<AppOptions>(async (app, { config, skew }) => {
  const policy = { daily: config.API_TOKEN_DAILY_LIMIT, cooldown: config.API_TOKEN_COOLDOWN * 1000 }
  app.decorate('apiTokenStore', createApiTokenStore({ redis: app.redis, names: app.names, sealing: app.sealing, policy, stamp: app.stamp, skew }))
}, { name: 'api-token-store', dependencies: ['redis', 'sealing', 'audit'] })
