import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { createLogout } from '#lib/sessions/logout.js'
import { createSessions, type Sessions } from '#lib/sessions/service.js'

declare module 'fastify' {
  interface FastifyInstance {
    sessions: Sessions
    logout: ReturnType<typeof createLogout>
  }
}

export default fp<AppOptions>(async (app, { config, randomId }) => {
  const sessions = createSessions({
    store: app.tokenStore,
    codec: app.codec,
    lookup: app.keys.lookup,
    grace: config.REFRESH_GRACE * 1000,
    randomId,
    durable: app.durable,
    incident: app.incidents.recent,
    report: app.tell
  })
  app.decorate('sessions', sessions)
  app.decorate('logout', createLogout({ codec: app.codec, sessions, authenticate: app.authenticate }))
}, { name: 'sessions', dependencies: ['token-store', 'jwt', 'incidents', 'auth'] })
