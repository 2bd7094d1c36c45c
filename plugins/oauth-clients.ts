import fp from 'fastify-plugin'
import { parseExtraScopes } from '#lib/access/extra-scopes.js'
import type { AppOptions } from '#lib/app-options.js'
import { parseClients, type Registry } from '#lib/oauth/registry.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** The clients of `/oauth` besides API tokens. */
    oauthClients: Registry
  }
}

export default fp<AppOptions>(async (app, { config }) => {
  app.decorate('oauthClients', parseClients(config.OAUTH_CLIENTS, parseExtraScopes(config.EXTRA_SCOPES).keys()))
}, { name: 'oauth-clients' })
