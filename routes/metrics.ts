import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { refusals } from '#lib/http/schema.js'

export const autoPrefix = '/metrics'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get('', {
    config: { auth: 'self' },
    schema: {
      operationId: 'metrics',
      tags: ['operations'],
      summary: 'For Prometheus',
      produces: ['text/plain'],
      response: { 200: Type.String(), ...refusals(401) }
    }
  }, async (request, reply) => {
    const { type, text } = await app.metrics.read(request.address, request.headers.authorization)
    return reply.type(type).send(text)
  })
}

export default routes
