import fp from 'fastify-plugin'
import { checkBodyHeaders } from '#lib/http/body-headers.js'

const withoutBody = new Set(['GET', 'HEAD', 'OPTIONS'])

export default fp(async app => {
  // Before anything of the body is read, for bodies of every kind; after auth, so that nobody else learns what is taken.
  app.addHook('onRequest', (request, _reply, done) => {
    if (!request.is404 && !withoutBody.has(request.method)) checkBodyHeaders(request.headers)
    done()
  })
}, { name: 'body-headers', dependencies: ['auth', 'errors'] })
