import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { LoginName, Password } from '#lib/accounts/schema.js'
import { ref, refusals } from '#lib/http/schema.js'
import { ScopeText, TokenPair, TransportName } from '#lib/sessions/schema.js'

export const autoPrefix = '/v1/auth/login'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post('', {
    config: { auth: 'public' },
    schema: {
      operationId: 'login',
      tags: ['auth'],
      summary: 'Sign in with user name and password',
      description: 'With `transport: "cookie"` the tokens are set as cookies and are not in the answer; see the guide for browser frontends. With a DPoP header they are bound to its key.',
      body: Type.Object({
        username: LoginName,
        password: Password,
        scope: Type.Optional(ScopeText),
        transport: Type.Optional(TransportName),
        device: Type.Optional(Type.String({ maxLength: 64, description: 'A label that tells this session from others' }))
      }, { additionalProperties: false }),
      response: { 200: ref(TokenPair), ...refusals(400, 401, 403, 409, 429, 503) }
    }
  }, async (request, reply) => {
    const { username, password, scope, device, transport = 'bearer' } = request.body
    if (transport === 'cookie') request.admitCookies()
    const proof = request.proof()
    const account = await app.accounts.authenticate(username, password, request.address)
    reply.header('cache-control', 'no-store')
    return await reply.giveTokens(transport, app.sessions.open({ account, scope, transport, proof, device: request.device(device) }))
  })
}

export default routes
