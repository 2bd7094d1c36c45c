import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { PageQuery, Words, refusals } from '#lib/http/schema.js'
import { SessionId, SessionList } from '#lib/sessions/schema.js'

export const autoPrefix = '/v1/sessions'

const routes: FastifyPluginAsyncTypebox = async app => {
  const shared = { tags: ['sessions'], security: [{ bearer: ['sessions'] }] }
  const common = refusals(400, 401, 403, 503)

  app.get('', {
    config: { auth: { scopes: ['sessions'] } },
    schema: { ...shared, operationId: 'listSessions', summary: 'The own open sessions', querystring: PageQuery, response: { 200: SessionList, ...common } }
  }, async request => {
    const { account, session } = request.principal
    return await app.sessions.list(account.id, session, request.query.limit, request.query.cursor)
  })

  app.delete('', {
    config: { auth: { scopes: ['sessions'] } },
    schema: {
      ...shared,
      operationId: 'endSessions',
      summary: 'End the other sessions, or all',
      querystring: Type.Object({ which: Words(['others', 'all']) }, { additionalProperties: false }),
      response: { 204: Type.Null(), ...common }
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
      response: { 204: Type.Null(), ...refusals(404), ...common }
    }
  }, async (request, reply) => {
    await app.sessions.revoke(request.principal.account.id, request.params.id)
    return reply.code(204).send(null)
  })
}

export default routes
