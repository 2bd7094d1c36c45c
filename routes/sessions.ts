import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Problem, Words, ref } from '#lib/http/schema.js'
import { SessionId, SessionList } from '#lib/sessions/schema.js'

export const autoPrefix = '/v1/sessions'

const routes: FastifyPluginAsyncTypebox = async app => {
  const shared = { tags: ['sessions'], security: [{ bearer: ['sessions'] }] }
  const refusals = { 400: ref(Problem), 401: ref(Problem), 403: ref(Problem), 503: ref(Problem) }

  app.get('/', {
    config: { auth: { scopes: ['sessions'] } },
    schema: { ...shared, operationId: 'listSessions', summary: 'The own open sessions', response: { 200: SessionList, ...refusals } }
  }, async request => {
    const { account, session } = request.principal
    return { items: await app.sessions.list(account.id, session), next: null }
  })

  app.delete('/', {
    config: { auth: { scopes: ['sessions'] } },
    schema: {
      ...shared,
      operationId: 'endSessions',
      summary: 'End the other sessions, or all',
      querystring: Type.Object({ which: Words(['others', 'all']) }, { additionalProperties: false }),
      response: { 204: Type.Null(), ...refusals }
    }
  }, async (request, reply) => {
    const { account, session } = request.principal
    await app.sessions.end({ user: account.id, which: request.query.which, session, reason: 'revoked' })
    return reply.code(204).send(null)
  })

  app.delete('/:id', {
    config: { auth: { scopes: ['sessions'] } },
    schema: {
      ...shared,
      operationId: 'endSession',
      summary: 'End one session',
      params: Type.Object({ id: SessionId }),
      response: { 204: Type.Null(), 404: ref(Problem), ...refusals }
    }
  }, async (request, reply) => {
    await app.sessions.revoke(request.principal.account.id, request.params.id)
    return reply.code(204).send(null)
  })
}

export default routes
