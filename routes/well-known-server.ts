import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref, refusals } from '#lib/http/schema.js'
import { ServerMetadata } from '#lib/oauth/schema.js'

export const autoPrefix = '/.well-known/oauth-authorization-server'

const routes: FastifyPluginAsyncTypebox = async app => {
  const schema = { tags: ['oauth'], response: { 200: ref(ServerMetadata), ...refusals(404) } }
  const caching = 'public, max-age=3600'

  app.get('', {
    config: { auth: 'public' },
    schema: { ...schema, operationId: 'serverMetadata', summary: 'What clients need to know of the authorization server (RFC 8414)' }
  }, async (_request, reply) => reply.header('cache-control', caching).send(app.serverMetadata('')))

  app.get('/*', {
    config: { auth: 'public' },
    schema: { ...schema, operationId: 'serverMetadataOfIssuer', summary: 'The same for an issuer with a path, which comes behind (RFC 8414 section 3.1)', params: Type.Object({ '*': Type.String() }) }
  }, async (request, reply) => {
    const metadata = app.serverMetadata(request.params['*'])
    return reply.header('cache-control', caching).send(metadata)
  })
}

export default routes
