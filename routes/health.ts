import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Readiness } from '#lib/health/schema.js'

export const autoPrefix = '/health'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get('/live', {
    config: { auth: 'public' },
    schema: {
      operationId: 'live', tags: ['operations'], summary: 'Whether the process answers', response: { 200: Type.Object({ status: Type.Literal('ok') }) }
    }
  }, async () => ({ status: 'ok' as const }))

  app.get('/ready', {
    config: { auth: 'public' },
    schema: {
      operationId: 'ready', tags: ['operations'], summary: 'Whether it can do its work, and what fails if not', response: { 200: Readiness, 503: Readiness }
    }
  }, async (_request, reply) => {
    const readiness = await app.readiness()
    return reply.code(readiness.status === 'ok' ? 200 : 503).send(readiness)
  })
}

export default routes
