import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { refusals } from '#lib/http/schema.js'
import { Health, Home, Message, RefreshQuery } from '#lib/plantdb/schema.js'

const routes: FastifyPluginAsyncTypebox = async app => {
  const shared = { tags: ['PlantDB'] }

  app.get('/', {
    config: { auth: 'public' },
    schema: { ...shared, operationId: 'plantdbHome', summary: 'What there is', response: { 200: Home } }
  }, async () => app.plantdb.home)

  app.get('/health', {
    config: { auth: 'public' },
    schema: { ...shared, operationId: 'plantdbHealth', summary: 'Whether the service works', response: { 200: Health, ...refusals(503) } }
  }, async () => app.plantdb.health())

  app.get('/refresh', {
    config: { auth: { optional: true, api: true, scopes: ['datasets:read'] } },
    schema: {
      ...shared,
      operationId: 'plantdbRefresh',
      summary: 'Read the folder of the data sets again, or one scan of it',
      security: [{}, { bearer: ['datasets:read'] }],
      querystring: RefreshQuery,
      response: { 200: Message, ...refusals(400, 401, 403, 404, 429, 503) }
    }
  }, async request => {
    const { scan_id: scan } = request.query
    if (scan === undefined) return await app.plantdb.refreshing.all(request.actor, request.address)
    return await app.plantdb.refreshing.one(request.actor, scan, request.address)
  })
}

export default routes
