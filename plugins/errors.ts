import fp from 'fastify-plugin'
import { Problem } from '#lib/errors.js'
import { classify, renderOAuthError, renderProblem } from '#lib/http/problem.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** How errors of the route are written; default: `application/problem+json`. */
    errors?: 'oauth'
  }
}

export default fp(async app => {
  app.setErrorHandler((thrown, request, reply) => {
    const error = classify(thrown)
    if (error.statusCode >= 500) request.log.error({ err: error.cause ?? error, code: error.code }, error.message)
    const render = request.routeOptions.config.errors === 'oauth' ? renderOAuthError : renderProblem
    const { status, headers, body } = render(error, request.id)
    return reply.code(status).headers(headers).serializer(JSON.stringify).send(body)
  })
  app.setNotFoundHandler((request, reply) => {
    const { status, headers, body } = renderProblem(new Problem('not_found'), request.id)
    return reply.code(status).headers(headers).serializer(JSON.stringify).send(body)
  })
}, { name: 'errors' })
