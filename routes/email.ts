import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Nothing, refusals } from '#lib/http/schema.js'
import { EmailConfirmation } from '#lib/links/schema.js'

export const autoPrefix = '/v1/auth/email'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post('/verification', {
    config: { auth: { scopes: ['profile'] } },
    schema: {
      operationId: 'requestVerification',
      tags: ['auth'],
      summary: 'Have the link that verifies the own e-mail address sent again',
      security: [{ bearer: ['profile'] }],
      response: { 202: Nothing, ...refusals(401, 403, 409, 429, 503) }
    }
  }, async (request, reply) => {
    await app.links.emailVerification.request(request.principal.account)
    return reply.code(202).send(undefined)
  })

  app.post('/verify', {
    config: { auth: 'public' },
    schema: {
      operationId: 'verifyEmail',
      tags: ['auth'],
      summary: 'Verify an e-mail address with a link',
      body: EmailConfirmation,
      response: { 204: Type.Null(), ...refusals(400, 410, 429, 503) }
    }
  }, async (request, reply) => {
    await app.links.limitUse(request.address)
    await app.links.emailVerification.verify(request.body.token)
    return reply.code(204).send(null)
  })
}

export default routes
