import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Password, Username } from '#lib/accounts/schema.js'
import { Problem, ref } from '#lib/http/schema.js'
import { ScopeText, TokenPair } from '#lib/sessions/schema.js'

export const autoPrefix = '/v1/auth/login'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post('/', {
    config: { auth: 'public' },
    schema: {
      operationId: 'login',
      tags: ['auth'],
      summary: 'Sign in with user name and password',
      body: Type.Object({
        username: Username,
        password: Password,
        scope: Type.Optional(ScopeText),
        device: Type.Optional(Type.String({ maxLength: 64, description: 'A label that tells this session from others' }))
      }, { additionalProperties: false }),
      response: { 200: ref(TokenPair), 400: ref(Problem), 401: ref(Problem), 403: ref(Problem), 409: ref(Problem), 429: ref(Problem), 503: ref(Problem) }
    }
  }, async (request, reply) => {
    const { username, password, scope, device } = request.body
    const account = await app.accounts.authenticate(username, password, request.ip)
    reply.header('cache-control', 'no-store')
    return await app.sessions.open({ account, scope, device: request.device(device) })
  })
}

export default routes
