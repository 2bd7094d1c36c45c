import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Password } from '#lib/accounts/schema.js'
import { Problem, ref } from '#lib/http/schema.js'

export const autoPrefix = '/v1/auth/password'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post('/', {
    config: { auth: { scopes: ['profile'] } },
    schema: {
      operationId: 'changePassword',
      tags: ['auth'],
      summary: 'Change the own password; the other sessions end',
      security: [{ bearer: ['profile'] }],
      body: Type.Object({ current: Password, new: Password }, { additionalProperties: false }),
      response: { 204: Type.Null(), 400: ref(Problem), 401: ref(Problem), 403: ref(Problem), 422: ref(Problem), 429: ref(Problem), 503: ref(Problem) }
    }
  }, async (request, reply) => {
    const { account, session } = request.principal
    const { current, new: next } = request.body
    await app.accounts.changePassword({ user: account.id, session, current, next, address: request.ip })
    return reply.code(204).send(null)
  })
}

export default routes
