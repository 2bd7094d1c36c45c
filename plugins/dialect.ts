import type { FastifyCorsOptions } from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { credentialsIn } from '#lib/plantdb/credentials.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whose ways of speaking the route understands. */
    dialect?: 'plantdb'
    /** What @fastify/cors does on the route instead of what it does elsewhere. */
    cors?: FastifyCorsOptions
  }
  interface FastifyInstance {
    /** A path of the dialect with one slash in front, as its clients put two behind a base address that ends with one; other URLs as they are. */
    withoutSlashes: (url: string) => string
    /** Whether a path is one of the dialect, whatever its method. @param url as it came, with its query */
    isDialect: (url: string) => boolean
    /** Has the routes of this scope understand PlantDB's clients, and answer those of every origin. */
    speakPlantDB: (this: FastifyInstance) => void
  }
}

/** As PlantDB does; without credentials of the browser, so that no page acts for whoever looks at it. */
const cors: FastifyCorsOptions = { origin: '*', credentials: false, methods: ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'] }

export default fp<AppOptions>(async (app, { config: { PLANTDB_API_PREFIX: prefix } }) => {
  const known = new Set<string>()
  const firstSegments = new Set<string>()
  const front = new RegExp(`^/*${prefix.replace(/[^\w/]/g, '\\$&')}/+([^/?]*)`)
  app.decorate('withoutSlashes', url => {
    const [found = '', segment = ''] = front.exec(url) ?? []
    return found !== '' && firstSegments.has(segment) ? `${prefix}/${segment}${url.slice(found.length)}` : url
  })
  app.decorate('isDialect', url => {
    // Its paths have routes for OPTIONS of their own; all others share one of @fastify/cors.
    const found = app.findRoute({ method: 'OPTIONS', url })
    return found !== null && Object.keys(found.params).join() !== '*'
  })
  app.decorate('speakPlantDB', function (this: FastifyInstance) {
    this.addHook('onRoute', route => {
      route.config = { ...route.config, dialect: 'plantdb', cors }
      if (known.has(route.url)) return
      known.add(route.url)
      firstSegments.add(route.url.slice(prefix.length).split('/')[1] ?? '')
      // A browser asks before it calls, and is answered by what it asks.
      app.options(route.url, { config: { auth: 'public', cors }, schema: { hide: true } }, (_request, reply) => reply.callNotFound())
    })
  })
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.dialect === 'plantdb') request.headers.authorization = credentialsIn(request.headers.authorization)
    done()
  })
}, { name: 'dialect', dependencies: ['cors'] })
