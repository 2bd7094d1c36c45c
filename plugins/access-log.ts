import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { pathForLog } from '#lib/log.js'

const talkative = new Set(['info', 'debug', 'trace'])

export default fp<AppOptions>(async (app, { config }) => {
  if (!talkative.has(config.LOG_LEVEL)) return
  // One line a request. Headers, query and body may hold what is secret, the address is personal.
  app.addHook('onResponse', (request, reply, done) => {
    request.log.info({ method: request.method, path: pathForLog(request.url), status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request')
    done()
  })
}, { name: 'access-log' })
