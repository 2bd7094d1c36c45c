import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { repeating } from '#lib/audit/repeating.js'
import { keyTimes } from '#lib/keys/times.js'
import { createEndEverything } from '#lib/resealing/end-everything.js'
import { createResealing } from '#lib/resealing/service.js'
import { createResealUser } from '#lib/resealing/user.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Seals anew what a former secret has sealed, if it is this replica's turn. */
    reseal: () => Promise<void>
    /** Ends all sessions and API tokens there are, whose keys are gone. @returns of how many accounts */
    endEverything: () => Promise<number>
  }
}

export default fp<AppOptions>(async (app, { config }) => {
  const { redis, names, keys, sealing } = app
  const reseal = createResealing({ redis, names, turnover: keys.turnover, resealUser: createResealUser({ redis, names, sealing }) })
  app.decorate('reseal', reseal)
  app.decorate('endEverything', createEndEverything({ redis, names, sessions: app.sessions, apiTokens: app.apiTokens }))
  const resealing = repeating(keyTimes(config).reread, reseal, error => app.log.warn({ err: error }, 'what a former secret has sealed waits to be sealed anew'))
  app.addHook('onReady', async () => resealing.now())
  app.addHook('preClose', () => resealing.stop())
}, { name: 'resealing', dependencies: ['redis', 'keys', 'sealing', 'sessions', 'api-tokens'] })
