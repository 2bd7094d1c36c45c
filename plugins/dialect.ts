import type { FastifyCorsOptions } from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { credentialsIn } from '#lib/plantdb/credentials.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whose ways of speaking the route understands. */
    dialect?: 'plantdb'
    /** What @fastify/cors does on the route instead of what it does elsewhere. */
    cors?: FastifyCorsOptions
  }
  interface FastifyInstance {
    /** Has the routes of this scope understand PlantDB's clients, and answer those of every origin. */
    speakPlantDB: (this: FastifyInstance) => void
  }
}

/** As PlantDB does; without credentials of the browser, so that no page acts for whoever looks at it. */
const cors: FastifyCorsOptions = { origin: '*', credentials: false, methods: ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'] }

export default fp(async app => {
  const known = new Set<string>()
  app.decorate('speakPlantDB', function (this: FastifyInstance) {
    this.addHook('onRoute', route => {
      route.config = { ...route.config, dialect: 'plantdb', cors }
      if (known.has(route.url)) return
      known.add(route.url)
      // A browser asks before it calls, and is answered by what it asks.
      app.options(route.url, { config: { auth: 'public', cors }, schema: { hide: true } }, (_request, reply) => reply.callNotFound())
    })
  })
  app.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.dialect === 'plantdb') request.headers.authorization = credentialsIn(request.headers.authorization)
    done()
  })
}, { name: 'dialect', dependencies: ['cors'] })
