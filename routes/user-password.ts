import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Password, UserId } from '#lib/accounts/schema.js'
import { refusals } from '#lib/http/schema.js'

export const autoPrefix = '/v1/users/:id/password'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post('', {
    config: { auth: { scopes: ['users'], fresh: true } },
    schema: {
      operationId: 'setUserPassword',
      tags: ['users'],
      summary: 'Set the password of an account; all of its sessions end',
      security: [{ bearer: ['users'] }],
      params: Type.Object({ id: UserId }),
      body: Type.Object({ new: Password }, { additionalProperties: false }),
      response: { 204: Type.Null(), ...refusals(400, 401, 403, 404, 422, 503) }
    }
  }, async (request, reply) => {
    await app.accounts.setPassword(request.params.id, request.body.new)
    return reply.code(204).send(null)
  })
}

export default routes
