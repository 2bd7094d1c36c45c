import fp from 'fastify-plugin'
import { awaitReading } from '#lib/http/expectation.js'
import { checkHost } from '#lib/http/host.js'

export default fp(async app => {
  // Before anything else can refuse a request: whatever does so finds its body held back.
  app.addHook('onRequest', ({ raw }, reply, done) => {
    awaitReading(raw, reply.raw)
    checkHost(raw)
    done()
  })
}, { name: 'arrival', dependencies: ['errors'] })
