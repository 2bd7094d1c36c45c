import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { UserId } from '#lib/accounts/schema.js'
import { refusals } from '#lib/http/schema.js'

export const autoPrefix = '/v1/users/:id/unlock'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post('', {
    config: { auth: { scopes: ['users'] } },
    schema: {
      operationId: 'unlockUser',
      tags: ['users'],
      summary: 'Forget the failed sign-ins of an account, at every address',
      security: [{ bearer: ['users'] }],
      params: Type.Object({ id: UserId }),
      response: { 204: Type.Null(), ...refusals(400, 401, 403, 404, 503) }
    }
  }, async (request, reply) => {
    await app.accounts.unlock(request.params.id)
    return reply.code(204).send(null)
  })
}

export default routes
