import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { createMetrics, type Metrics } from '#lib/metrics.js'

declare module 'fastify' {
  interface FastifyInstance { metrics: Metrics }
}

export default fp<AppOptions>(async (app, { config }) => {
  const metrics = createMetrics(config.METRICS_TOKEN)
  app.decorate('metrics', metrics)
  app.events.on('event', metrics.count)
}, { name: 'metrics', dependencies: ['events'] })
