import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { requireLocal } from '#lib/auth-off/caller.js'

/** Credentials where a route asks for some and none that it takes came. */
const ANYBODY = 'Bearer anybody'

export default fp<AppOptions>(async (app, { config }) => {
  if (config.AUTH === 'on') return
  app.addHook('onListen', async () => {
    app.log.warn('AUTH=off: nobody is asked who they are, every call is made as admin; for tests and notebooks only')
  })
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-guardcell-auth', 'off')
    requireLocal(request.headers)
    if (typeof request.routeOptions.config.auth === 'object' && request.bearer() === undefined) request.headers.authorization = ANYBODY
  })
}, { name: 'auth-off', dependencies: ['errors', 'security-headers', 'cors', 'dialect', 'jwt'] })
