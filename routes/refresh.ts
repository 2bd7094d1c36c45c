import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref, refusals } from '#lib/http/schema.js'
import { IdempotencyHeaders, ScopeText, TokenPair } from '#lib/sessions/schema.js'

export const autoPrefix = '/v1/auth/refresh'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post('', {
    config: { auth: 'self' },
    schema: {
      operationId: 'refresh',
      tags: ['auth'],
      summary: 'Spend a refresh token for a new pair',
      description: 'A refresh token works once. To survive a lost answer, send a random Idempotency-Key, keep it until the answer is stored, and repeat the call with it.',
      headers: IdempotencyHeaders,
      body: Type.Object({
        refresh_token: Type.String({ minLength: 1 }),
        scope: Type.Optional(ScopeText)
      }, { additionalProperties: false }),
      response: { 200: ref(TokenPair), ...refusals(400, 401, 403, 503) }
    }
  }, async (request, reply) => {
    const { refresh_token: token, scope } = request.body
    const idempotencyKey = request.headers['idempotency-key']
    reply.header('cache-control', 'no-store')
    return await app.sessions.refresh({ token, scope, idempotencyKey, abandoned: () => request.abandoned() })
  })
}

export default routes
