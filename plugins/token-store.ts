import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { createSessionStore, type SessionStore } from '#lib/sessions/store.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Sessions and their refresh tokens, each taken with GETDEL. */
    tokenStore: SessionStore
  }
}

export default fp<AppOptions>(async (app, { config, skew }) => {
  app.decorate('tokenStore', createSessionStore({
    redis: app.redis,
    names: app.names,
    lifetimes: { access: config.SESSION_TIMEOUT * 1000, refresh: config.REFRESH_TIMEOUT * 1000, session: config.SESSION_MAX_AGE * 1000 },
    maxSessions: config.MAX_SESSION,
    atLimit: config.MAX_SESSION_POLICY,
    skew
  }))
}, { name: 'token-store', dependencies: ['redis'] })
