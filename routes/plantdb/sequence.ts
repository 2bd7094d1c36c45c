import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { refusals } from '#lib/http/schema.js'
import { OfScan, SequenceAnswer, SequenceQuery } from '#lib/plantdb/schema.js'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get('/sequence/:scan', {
    config: { auth: { optional: true, api: true, scopes: ['datasets:read'] }, errors: 'plantdb' },
    schema: {
      tags: ['PlantDB'],
      operationId: 'plantdbGetSequence',
      summary: 'Angles and internodes along the stem, measured by the analysis and by hand',
      security: [{}, { bearer: ['datasets:read'] }],
      params: OfScan,
      querystring: SequenceQuery,
      response: { 200: SequenceAnswer, ...refusals(400, 401, 403, 404, 422, 503) }
    }
  }, async request => await app.plantdb.results.sequence(request.actor, request.params.scan, request.query.type))
}

export default routes
