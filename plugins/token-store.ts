import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { paceOf } from '#lib/limits/pace.js'
import { lifetimesOf } from '#lib/sessions/lifetimes.js'
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
    sealing: app.sealing,
    lifetimes: lifetimesOf(config),
    maxSessions: config.MAX_SESSION,
    atLimit: config.MAX_SESSION_POLICY,
    pace: paceOf(config.RATE_LIMIT === 'off' ? 0 : config.REFRESH_LIMIT, 60_000),
    stamp: app.stamp,
    recordRotations: config.AUDIT_REFRESH === 'on',
    skew
  }))
}, { name: 'token-store', dependencies: ['redis', 'sealing', 'audit'] })
