import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import type { Readiness } from '#lib/health/schema.js'
import { createReadiness } from '#lib/health/service.js'

declare module 'fastify' {
  interface FastifyInstance { readiness: () => Promise<Readiness> }
}

export default fp<AppOptions>(async (app, { config }) => {
  app.decorate('readiness', createReadiness({ redis: app.redis, keys: app.keys, stateDir: config.JWT_SECRET_KEY === undefined ? config.STATE_DIR : undefined, datasets: app.datasets, hasFirstAdmin: app.hasFirstAdmin }))
}, { name: 'health', dependencies: ['redis', 'keys', 'datasets', 'accounts'] })
