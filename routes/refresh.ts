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
      description: 'Without a refresh token in the body, the one in its cookie is spent, and the answer is in cookies. A refresh token works once. To survive a lost answer, send a random Idempotency-Key, keep it until the answer is stored, and repeat the call with it.',
      security: [{}, { cookieAuth: [] }],
      headers: IdempotencyHeaders,
      body: Type.Optional(Type.Unsafe<{ refresh_token?: string, scope?: string } | null>({
        type: ['object', 'null'],
        properties: { refresh_token: Type.String({ minLength: 1 }), scope: ScopeText },
        additionalProperties: false
      })),
      response: { 200: ref(TokenPair), ...refusals(400, 401, 403, 429, 503) }
    }
  }, async (request, reply) => {
    const { refresh_token: inBody, scope } = request.body ?? {}
    const sent = request.sentRefreshToken(inBody)
    const idempotencyKey = request.headers['idempotency-key']
    reply.header('cache-control', 'no-store')
    return await reply.giveTokens(sent.transport, app.sessions.refresh({ ...sent, scope, idempotencyKey, abandoned: () => request.abandoned() }))
  })
}

export default routes
