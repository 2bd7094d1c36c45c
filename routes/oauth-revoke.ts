import formbody from '@fastify/formbody'
import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { OAuthError, ref } from '#lib/http/schema.js'

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
      body: Type.Object({
        token: Type.String({ minLength: 1 }),
        token_type_hint: Type.Optional(Type.String()),
        client_id: Type.Optional(Type.String())
      }),
      response: { 200: Type.Object({}), '4xx': ref(OAuthError), 503: ref(OAuthError) }
    }
  }, async request => {
    const { token, client_id: clientId } = request.body
    await app.revokeToken({ token, clientId })
    return {}
  })
}

export default routes
