import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Password } from '#lib/accounts/schema.js'
import { ref, refusals } from '#lib/http/schema.js'
import { AccessToken } from '#lib/sessions/schema.js'

export const autoPrefix = '/v1/auth/reauthenticate'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post('', {
    config: { auth: { scopes: [] } },
    schema: {
      operationId: 'reauthenticate',
      tags: ['auth'],
      summary: 'Show the password again for a fresh access token of this session',
      description: 'For routes that answer fresh_authentication_required. The refresh token stays as it is; a wrong password counts as a failed login.',
      security: [{ bearer: [] }],
      body: Type.Object({ password: Password }, { additionalProperties: false }),
      response: { 200: ref(AccessToken), ...refusals(400, 401, 403, 429, 503) }
    }
  }, async (request, reply) => {
    const { account, session, transport } = request.signedIn
    await app.accounts.verify(account, request.body.password, request.address)
    reply.header('cache-control', 'no-store')
    return await reply.giveAccess(transport, app.sessions.reauthenticate(account, session))
  })
}

export default routes
