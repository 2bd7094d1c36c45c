import fp from 'fastify-plugin'
import { Problem } from '#lib/errors.js'
import { classify } from '#lib/http/classify.js'
import { renderIntrospectionError, renderOAuthError } from '#lib/http/oauth-error.js'
import { renderDialectProblem, renderPlantDBProblem, renderProblem } from '#lib/http/problem.js'

const renderers = { oauth: renderOAuthError, introspection: renderIntrospectionError, plantdb: renderPlantDBProblem }

declare module 'fastify' {
  interface FastifyRequest {
    /** Why the call was refused, or null. */
    problem: Problem | null
  }
  interface FastifyContextConfig {
    /** How errors of the route are written; default: `application/problem+json`. */
    errors?: keyof typeof renderers
  }
}

export default fp(async app => {
  app.decorateRequest('problem', null)
  app.setErrorHandler((thrown, request, reply) => {
    const error = request.problem = classify(thrown)
    if (error.statusCode >= 500) request.log.error({ err: error.cause ?? error, code: error.code }, error.message)
    const { errors, dialect } = request.routeOptions.config
    const render = errors ? renderers[errors] : dialect ? renderDialectProblem : renderProblem
    const scheme = /^dpop /i.test(request.headers.authorization ?? '') ? 'DPoP' : 'Bearer'
    const { status, headers, body } = render(error, request.id, scheme)
    return reply.code(status).headers(headers).serializer(JSON.stringify).send(body)
  })
  app.setNotFoundHandler((request, reply) => {
    const { status, headers, body } = renderProblem(new Problem('not_found'), request.id)
    return reply.code(status).headers(headers).serializer(JSON.stringify).send(body)
  })
}, { name: 'errors' })
