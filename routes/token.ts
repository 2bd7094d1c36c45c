import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { TokenInfo } from '#lib/access/schema.js'
import { ref, refusals } from '#lib/http/schema.js'
import { ScopeText } from '#lib/sessions/schema.js'

export const autoPrefix = '/v1/auth'

const routes: FastifyPluginAsyncTypebox = async app => {
  const config = { auth: { api: true, scopes: [] } } as const
  const shared = { tags: ['auth'], security: [{ bearer: [] }] }
  const common = refusals(400, 401, 403, 503)

  app.get('/token', {
    config,
    schema: { ...shared, operationId: 'describeToken', summary: 'What is known of the token that is presented', response: { 200: ref(TokenInfo), ...common } }
  }, async (request, reply) => {
    const info = await app.tokenInfo(request.authenticated)
    return reply.header('cache-control', 'no-store').send(info)
  })

  app.get('/verify', {
    config,
    // Fastify leaves the type of content that a 204 does not have on the answer to HEAD.
    onSend: async (_request, reply, payload) => {
      if (reply.statusCode === 204) reply.removeHeader('content-type')
      return payload
    },
    schema: {
      ...shared,
      operationId: 'verify',
      summary: 'Whether a reverse proxy may let the caller through',
      description: 'Answers who it is in X-Auth-User (the user name), X-Auth-Scopes and X-Auth-Session (empty for an API token) and X-Auth-Jkt (empty unless the token is bound to a key).',
      querystring: Type.Object({ scope: Type.Optional(ScopeText) }, { additionalProperties: false }),
      response: { 204: Type.Null(), ...common }
    }
  }, async (request, reply) => {
    const headers = app.vouchFor(request.authenticated, request.query.scope ?? '')
    return reply.code(204).headers({ ...headers, 'cache-control': 'no-store' }).send(null)
  })
}

export default routes
