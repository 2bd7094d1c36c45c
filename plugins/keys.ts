import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { loadSecret } from '#lib/keys/secret.js'
import { openKeys, type Keys } from '#lib/keys/service.js'
import { createKeyStore } from '#lib/keys/store.js'

declare module 'fastify' {
  interface FastifyInstance { keys: Keys }
}

export default fp<AppOptions>(async (app, { config, now }) => {
  app.decorate('keys', await openKeys({
    secret: await loadSecret({ stateDir: config.STATE_DIR, given: config.JWT_SECRET_KEY }),
    store: createKeyStore(app.redis, config.REDIS_PREFIX),
    issuer: config.ISSUER,
    defaultIssuer: `http://localhost:${config.PORT}`,
    now
  }))
}, { name: 'keys', dependencies: ['redis'] })
