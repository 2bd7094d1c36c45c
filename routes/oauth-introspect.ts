import formbody from '@fastify/formbody'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { OAuthError, ref } from '#lib/http/schema.js'
import { Introspection, TokenReferenceForm } from '#lib/oauth/schema.js'

export const autoPrefix = '/oauth/introspect'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.removeAllContentTypeParsers()
  await app.register(formbody)

  app.post('', {
    config: { auth: 'self', errors: 'introspection' },
    schema: {
      operationId: 'introspect',
      tags: ['oauth'],
      summary: 'Token introspection (RFC 7662)',
      description: 'For confidential clients, and for access tokens with the scope `users`.',
      security: [{ bearer: ['users'] }, {}],
      consumes: ['application/x-www-form-urlencoded'],
      body: TokenReferenceForm,
      response: { 200: ref(Introspection), '4xx': ref(OAuthError), 503: ref(OAuthError) }
    }
  }, async (request, reply) => {
    reply.header('cache-control', 'no-store').header('pragma', 'no-cache')
    const identify = request.sentToken() ? () => request.identify() : undefined
    return await app.introspectToken(request.body, { authorization: request.headers.authorization, identify })
  })
}

export default routes
