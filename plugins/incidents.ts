import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { createIncidents, type Incidents } from '#lib/redis/incidents.js'
import { createRecentEnds } from '#lib/sessions/recent-ends.js'

declare module 'fastify' {
  interface FastifyInstance { incidents: Incidents }
}

export default fp<AppOptions>(async (app, { now }) => {
  const incidents = createIncidents({ redis: app.redis, key: app.names.incidents, now })
  const ends = createRecentEnds({ store: app.tokenStore, now })
  const check = async (): Promise<void> => {
    try {
      if (!await incidents.check()) return
      app.log.warn('Redis was restarted or replaced: repeating the ends of sessions of the last minutes')
      await ends.repeat()
    } catch (error) {
      app.log.warn({ err: error }, 'Redis went away again while it was looked at')
    }
  }
  app.decorate('incidents', incidents)
  app.events.on('event', ends.note)
  // At the start of this process there is nothing to repeat.
  await incidents.check()
  const onReady = (): void => { void check() }
  app.redis.on('ready', onReady)
  app.addHook('onClose', async () => { app.redis.off('ready', onReady) })
}, { name: 'incidents', dependencies: ['redis', 'token-store', 'events'] })
