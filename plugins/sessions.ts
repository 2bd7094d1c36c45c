import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { createTheAdmin } from '#lib/auth-off/admin.js'
import { openLogout, openSessions } from '#lib/auth-off/services.js'
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
    sealing: app.sealing,
    grace: config.REFRESH_GRACE === undefined ? undefined : config.REFRESH_GRACE * 1000,
    scopesOf: app.scopesOf,
    refreshes: config.REFRESH_TOKENS === 'on',
    randomId,
    limit: { kind: 'refresh', most: config.REFRESH_LIMIT, seconds: 60 },
    durable: app.durable,
    incident: app.incidents.recent,
    report: app.tell
  })
  const logout = createLogout({ codec: app.codec, sessions, authenticate: app.authenticate })
  const open = config.AUTH === 'off'
  app.decorate('sessions', open ? openSessions(sessions, app.codec, createTheAdmin(app.accountStore)) : sessions)
  app.decorate('logout', open ? openLogout(logout) : logout)
}, { name: 'sessions', dependencies: ['token-store', 'sealing', 'jwt', 'incidents', 'auth', 'accounts', 'scopes'] })
