import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { NotModified, ReadConditions, ref, refusals } from '#lib/http/schema.js'
import { Jwks } from '#lib/keys/schema.js'

export const autoPrefix = '/.well-known/jwks.json'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get('', {
    config: { auth: 'public' },
    schema: {
      operationId: 'jwks',
      tags: ['oauth'],
      summary: 'Public keys to verify access tokens with (RFC 7517); none with SIGNING_ALG=HS512',
      headers: ReadConditions,
      response: { 200: { description: 'The keys', content: { 'application/jwk-set+json': { schema: ref(Jwks) } } }, 304: NotModified, ...refusals(412) }
    }
  }, async (_request, reply) => {
    const { jwks: value, etag, maxAge } = app.keys.published()
    return reply.type('application/jwk-set+json').sendTagged({ value, etag }, `public, max-age=${maxAge}`)
  })
}

export default routes
