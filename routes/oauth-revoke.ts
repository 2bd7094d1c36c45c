import formbody from '@fastify/formbody'
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { OAuthError, ref } from '#lib/http/schema.js'
import { TokenReferenceForm } from '#lib/oauth/schema.js'

export const autoPrefix = '/oauth/revoke'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.removeAllContentTypeParsers()
  await app.register(formbody)

  app.post('', {
    config: { auth: 'self', errors: 'oauth' },
    schema: {
      operationId: 'revoke',
      tags: ['oauth'],
      summary: 'Token revocation (RFC 7009)',
      consumes: ['application/x-www-form-urlencoded'],
      body: TokenReferenceForm,
      response: { 200: Type.Object({}), '4xx': ref(OAuthError), 503: ref(OAuthError) }
    }
  }, async request => {
    await app.revokeToken(request.body, request.headers.authorization)
    return {}
  })
}

export default routes
