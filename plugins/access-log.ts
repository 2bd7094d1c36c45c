import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'

const talkative = new Set(['info', 'debug', 'trace'])

export default fp<AppOptions>(async (app, { config }) => {
  if (!talkative.has(config.LOG_LEVEL)) return
  // One line a request. Headers, query and body may hold what is secret, the address is personal.
  app.addHook('onResponse', (request, reply, done) => {
    request.log.info({ method: request.method, path: request.url.split('?', 1)[0], status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request')
    done()
  })
}, { name: 'access-log' })
