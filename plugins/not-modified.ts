import type { onSendHookHandler } from 'fastify'
import { Readable } from 'node:stream'
import fp from 'fastify-plugin'

/** Takes away what a 304 has not: a body, and a type and a length of its own (RFC 9110 section 15.4.5). */
const strip: onSendHookHandler = (_request, reply, payload, done) => {
  if (reply.statusCode !== 304) return done(null, payload)
  if (payload instanceof Readable) payload.destroy()
  reply.removeHeader('content-type').removeHeader('content-length')
  done(null, null)
}

export default fp(async app => {
  // Browsers judge by the type what they hold already: with that of something else, a picture is shown no more
  // (https://fetch.spec.whatwg.org/#orb). At each route, because it comes last then: Fastify's own hook of HEAD adds a length.
  app.addHook('onRoute', route => { route.onSend = [...[route.onSend ?? []].flat(), strip] })
}, { name: 'not-modified' })
