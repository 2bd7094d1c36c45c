import { Readable } from 'node:stream'
import fp from 'fastify-plugin'

export default fp(async app => {
  // Browsers judge by it what they hold already: with the type of something else, a picture is shown no more
  // (RFC 9110 section 15.4.5; https://fetch.spec.whatwg.org/#orb).
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (reply.statusCode !== 304) return done(null, payload)
    if (payload instanceof Readable) payload.destroy()
    reply.removeHeader('content-type').removeHeader('content-length')
    done(null, null)
  })
}, { name: 'not-modified' })
