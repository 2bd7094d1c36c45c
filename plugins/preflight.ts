import fp from 'fastify-plugin'
import { Problem } from '#lib/errors.js'

export default fp(async app => {
  // No route takes OPTIONS: without the header of a preflight there is nothing, and it is said as everywhere else.
  app.addHook('onRequest', (request, _reply, done) => {
    const isStray = request.method === 'OPTIONS' && request.headers['access-control-request-method'] === undefined
    done(isStray ? new Problem('not_found') : undefined)
  })
}, { name: 'preflight', dependencies: ['errors'] })
