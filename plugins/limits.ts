import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { createLimits, noLimits, type Limits } from '#lib/limits/service.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Makes limits that all replicas keep together. */
    limits: Limits
  }
}

export default fp<AppOptions>(async (app, { config, skew }) => {
  const { redis, names, keys, tell } = app
  app.decorate('limits', config.RATE_LIMIT === 'off' ? noLimits : createLimits({ redis, names, lookup: () => keys.secrets()[0].lookup, skew, report: tell }))
}, { name: 'limits', dependencies: ['redis', 'keys', 'events'] })
