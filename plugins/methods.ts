import fp from 'fastify-plugin'
import { fail } from '#lib/errors.js'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Methods that a path has a route for, as the router knows it; none for a path that does not exist.
     * @param url as it came, with its query
     * @throws `invalid_request` if a part of it is longer than the router takes
     */
    methodsOf: (url: string) => string[]
  }
}

/** No path is longer that has no parameters: what the router takes of one, in lib/app.ts. */
const LONGEST_PART = 600

export default fp(async app => {
  app.decorate('methodsOf', url => {
    const isLong = url.split('?', 1)[0]!.length > LONGEST_PART
    const methods = app.supportedMethods.filter(method => {
      const found = method === 'OPTIONS' ? null : app.findRoute({ method, url })
      // What the router finds for a part that is too long is a refusal: no route, and so without parameters.
      if (isLong && found && Object.keys(found.params).length === 0) fail('invalid_request')
      return found !== null
    })
    return methods.length === 0 ? [] : [...methods, 'OPTIONS']
  })
  // Before the body is read, whose size and type do not matter then; after the hooks of cors, so that a browser
  // may read the refusal.
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return
    const allow = app.methodsOf(request.url)
    if (allow.length > 0 && app.isDialect(request.url) && !reply.hasHeader('access-control-allow-origin')) reply.header('access-control-allow-origin', '*')
    if (allow.length > 0) fail('method_not_allowed', { allow })
    fail('not_found')
  })
}, { name: 'methods', dependencies: ['errors', 'cors', 'dialect', 'security-headers'] })
