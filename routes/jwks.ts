import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { NotModified, ref } from '#lib/http/schema.js'
import { Jwks } from '#lib/keys/schema.js'

export const autoPrefix = '/.well-known/jwks.json'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get('', {
    config: { auth: 'public' },
    schema: {
      operationId: 'jwks',
      tags: ['oauth'],
      summary: 'Public keys to verify access tokens with (RFC 7517); none with SIGNING_ALG=HS512',
      headers: Type.Object({ 'if-none-match': Type.Optional(Type.String()) }),
      response: { 200: { description: 'The keys', content: { 'application/jwk-set+json': { schema: ref(Jwks) } } }, 304: NotModified }
    }
  }, async (request, reply) => {
    const { jwks, etag, maxAge } = app.keys.published(request.headers['if-none-match'])
    reply.header('cache-control', `public, max-age=${maxAge}`).header('etag', etag)
    return jwks === undefined ? reply.code(304).send() : reply.type('application/jwk-set+json').send(jwks)
  })
}

export default routes
