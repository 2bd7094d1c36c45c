import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { UserId } from '#lib/accounts/schema.js'
import { refusals } from '#lib/http/schema.js'

export const autoPrefix = '/v1/users/:id/sessions'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.delete('', {
    config: { auth: { scopes: ['users'] } },
    schema: {
      operationId: 'endUserSessions',
      tags: ['users'],
      summary: 'End all sessions of an account',
      security: [{ bearer: ['users'] }],
      params: Type.Object({ id: UserId }),
      response: { 204: Type.Null(), ...refusals(400, 401, 403, 404, 503) }
    }
  }, async (request, reply) => {
    const { id } = await app.accounts.get(request.params.id)
    await app.sessions.end({ user: id, which: 'all', session: '', reason: 'revoked' })
    return reply.code(204).send(null)
  })
}

export default routes
