import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Refreshed } from '#lib/datasets/schema.js'
import { ref, refusals } from '#lib/http/schema.js'

export const autoPrefix = '/v1/datasets'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post('/refresh', {
    config: { auth: { scopes: ['guardcell:superuser', 'datasets:read'] } },
    schema: {
      tags: ['data sets'],
      operationId: 'refreshDatasets',
      summary: 'Read the whole folder again, after other tools have changed it; says what cannot be used',
      security: [{ bearer: ['guardcell:superuser', 'datasets:read'] }],
      response: { 200: ref(Refreshed), ...refusals(401, 403, 503) }
    }
  }, async () => await app.datasets.refresh())
}

export default routes
