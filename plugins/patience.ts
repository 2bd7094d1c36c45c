import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { answerClientError } from '#lib/http/early-errors.js'

export default fp<AppOptions>(async (app, { config }) => {
  app.addHook('onRequest', (request, reply, done) => {
    const { raw } = request
    const hasBody = Number(raw.headers['content-length'] ?? 0) > 0 || raw.headers['transfer-encoding'] !== undefined
    if (hasBody && !request.routeOptions.config.upload) {
      const timer = setTimeout(() => answerClientError(Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), raw.socket), config.REQUEST_TIMEOUT * 1000).unref()
      const stop = (): void => clearTimeout(timer)
      raw.once('end', stop)
      reply.raw.once('close', stop)
    }
    done()
  })
}, { name: 'patience' })
