import fp from 'fastify-plugin'
import { fail } from '#lib/errors.js'

export default fp(async app => {
  // What is no preflight (https://fetch.spec.whatwg.org/#cors-preflight-request) asks for the methods of a path
  // (RFC 9110 section 9.3.7); @fastify/cors would refuse it in words of its own.
  app.addHook('onRequest', async ({ method, url, headers }, reply) => {
    if (method !== 'OPTIONS' || (headers.origin !== undefined && headers['access-control-request-method'] !== undefined)) return
    const allow = app.methodsOf(url)
    if (allow.length === 0) fail('not_found')
    return await reply.code(204).header('allow', allow.join(', ')).send()
  })
}, { name: 'preflight', dependencies: ['errors', 'arrival'] })
