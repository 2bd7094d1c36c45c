import fp from 'fastify-plugin'
import { parseExtraScopes } from '#lib/access/extra-scopes.js'
import { createScopesOf, type ScopesOf } from '#lib/access/scopes.js'
import type { AppOptions } from '#lib/app-options.js'

declare module 'fastify' {
  interface FastifyInstance { scopesOf: ScopesOf }
}

export default fp<AppOptions>(async (app, { config }) => {
  app.decorate('scopesOf', createScopesOf(parseExtraScopes(config.EXTRA_SCOPES)))
}, { name: 'scopes' })
