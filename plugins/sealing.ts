import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { createSealing, type Sealing } from '#lib/sealing/service.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Encrypts what is personal before it is stored. */
    sealing: Sealing
  }
}

export default fp<AppOptions>(async (app, { randomId, now }) => {
  const { redis, names, keys } = app
  app.decorate('sealing', createSealing({ redis, names, secrets: keys.secrets, randomId, now }))
}, { name: 'sealing', dependencies: ['redis', 'keys'] })
