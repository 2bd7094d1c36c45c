import formbody from '@fastify/formbody'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { OAuthError, ref } from '#lib/http/schema.js'
import { TokenForm, TokenResponse } from '#lib/oauth/schema.js'
import { IdempotencyHeaders } from '#lib/sessions/schema.js'

export const autoPrefix = '/oauth/token'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.removeAllContentTypeParsers()
  await app.register(formbody)

  app.post('', {
    config: { auth: 'self', errors: 'oauth' },
    schema: {
      operationId: 'token',
      tags: ['oauth'],
      summary: 'Token endpoint (RFC 6749 section 3.2)',
      consumes: ['application/x-www-form-urlencoded'],
      headers: IdempotencyHeaders,
      body: TokenForm,
      response: { 200: ref(TokenResponse), '4xx': ref(OAuthError), 503: ref(OAuthError) }
    }
  }, async (request, reply) => {
    const { authorization, 'idempotency-key': idempotencyKey } = request.headers
    reply.header('cache-control', 'no-store').header('pragma', 'no-cache')
    return await app.exchangeGrant(request.body, {
      authorization,
      device: request.device(),
      idempotencyKey,
      abandoned: () => request.abandoned(),
      proof: () => request.proof()
    })
  })
}

export default routes
