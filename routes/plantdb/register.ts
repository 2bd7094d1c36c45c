import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fullname, Password, Username } from '#lib/accounts/schema.js'
import { refusals } from '#lib/http/schema.js'
import { Message } from '#lib/plantdb/schema.js'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post('/register', {
    config: { auth: { scopes: ['users'], fresh: app.maxAuthAge } },
    schema: {
      tags: ['PlantDB'],
      operationId: 'plantdbRegister',
      summary: 'Create an account that may read; for admins',
      security: [{ bearer: ['users'] }],
      body: Type.Object({ username: Username, fullname: Fullname, password: Password }),
      response: { 201: Message, ...refusals(400, 401, 403, 409, 422, 503) }
    }
  }, async (request, reply) => reply.code(201).send(await app.plantdb.signingIn.register(request.body)))
}

export default routes
