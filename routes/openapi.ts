import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'

export const autoPrefix = '/openapi.json'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get('', {
    config: { auth: 'public' },
    schema: { operationId: 'openapi', tags: ['operations'], summary: 'This document', response: { 200: Type.Object({}, { additionalProperties: true }) } }
  }, async () => app.swagger())
}

export default routes
