import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { User } from '#lib/accounts/schema.js'
import { ref, refusals } from '#lib/http/schema.js'
import { NewRegistration } from '#lib/links/schema.js'

export const autoPrefix = '/v1/auth/register'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post('', {
    config: { auth: 'public' },
    schema: {
      operationId: 'register',
      tags: ['auth'],
      summary: 'Make an account for oneself, as far as REGISTRATION allows',
      description: 'An e-mail address gets a link that verifies it. With an invitation the account has the roles that it grants; one for an e-mail address is good for that address only, which counts as verified.',
      body: NewRegistration,
      response: { 201: ref(User), ...refusals(400, 403, 409, 410, 422, 429, 503) }
    }
  }, async (request, reply) => reply.code(201).send(await app.links.register(request.body, request.address)))
}

export default routes
