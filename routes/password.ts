import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Password } from '#lib/accounts/schema.js'
import { refusals } from '#lib/http/schema.js'

export const autoPrefix = '/v1/auth/password'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post('', {
    config: { auth: { scopes: ['profile'] } },
    schema: {
      operationId: 'changePassword',
      tags: ['auth'],
      summary: 'Change the own password; the other sessions end',
      security: [{ bearer: ['profile'] }],
      body: Type.Object({ current: Password, new: Password }, { additionalProperties: false }),
      response: { 204: Type.Null(), ...refusals(400, 401, 403, 422, 429, 503) }
    }
  }, async (request, reply) => {
    const { account, session } = request.principal
    const { current, new: next } = request.body
    await app.accounts.changePassword({ user: account.id, session, current, next, address: request.address })
    return reply.code(204).send(null)
  })
}

export default routes
