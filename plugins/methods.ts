import fp from 'fastify-plugin'
import { fail } from '#lib/errors.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Methods that a path has a route for, as the router knows it; none for a path that does not exist. @param url as it came, with its query */
    methodsOf: (url: string) => string[]
  }
}

export default fp(async app => {
  app.decorate('methodsOf', url => {
    const methods = app.supportedMethods.filter(method => method !== 'OPTIONS' && app.findRoute({ method, url }) !== null)
    return methods.length === 0 ? [] : [...methods, 'OPTIONS']
  })
  // Before the body is read, whose size and type do not matter then; after the hooks of cors, so that a browser
  // may read the refusal.
  app.addHook('onRequest', async request => {
    if (!request.is404) return
    const allow = app.methodsOf(request.url)
    if (allow.length > 0) fail('method_not_allowed', { allow })
    fail('not_found')
  })
}, { name: 'methods', dependencies: ['errors', 'cors', 'security-headers'] })
