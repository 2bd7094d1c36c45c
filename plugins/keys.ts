import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { repeating } from '#lib/audit/repeating.js'
import { bringOver } from '#lib/keys/bring-over.js'
import { loadSecret, readSecretText } from '#lib/keys/secret.js'
import type { Keys } from '#lib/keys/keys.js'
import { openKeys } from '#lib/keys/service.js'
import { createKeyStore } from '#lib/keys/store.js'
import { keyTimes } from '#lib/keys/times.js'

declare module 'fastify' {
  interface FastifyInstance { keys: Keys }
}

export default fp<AppOptions>(async (app, { config, now, skew }) => {
  const { redis, names } = app
  await app.step('Taking over keys of an earlier version', 'see whether Redis answers', () => bringOver(redis, names, config.REDIS_PREFIX))
  const times = keyTimes(config)
  const byItself = async (): Promise<string> => `${skew()}|system||`
  const secret = await app.step('Reading the secret', 'see whether STATE_DIR answers', () => loadSecret({ stateDir: config.STATE_DIR, given: config.JWT_SECRET_KEY }))
  const keys = await app.step('Deriving the keys', 'see whether Redis answers, and what keeps the machine busy', () => openKeys({
    secret,
    previous: config.JWT_SECRET_KEY_PREVIOUS === undefined ? undefined : readSecretText(config.JWT_SECRET_KEY_PREVIOUS.trim(), 'JWT_SECRET_KEY_PREVIOUS'),
    // Who acts is known once the audit log is there, which is sealed with these keys.
    store: createKeyStore({ redis, names, byItself, stamp: async owner => app.hasDecorator('stamp') ? await app.stamp(owner) : await byItself() }),
    issuer: config.ISSUER,
    defaultIssuer: `http://localhost:${config.PORT}`,
    alg: config.SIGNING_ALG,
    times,
    now
  })).catch((error: unknown) => {
    // A start that fails runs no onClose, and the connection would keep the process alive.
    redis.disconnect()
    throw error
  })
  app.decorate('keys', keys)
  const tending = repeating(times.reread, keys.tend, error => app.log.warn({ err: error }, 'the key ring could not be read'))
  app.addHook('onReady', async () => tending.now())
  app.addHook('preClose', () => tending.stop())
  // Last: an answer that is still being made may look at the ring, and by that say that this process runs.
  app.addHook('onClose', async () => { await keys.leave().catch(() => {}) })
}, { name: 'keys', dependencies: ['redis'] })
