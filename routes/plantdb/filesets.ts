import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { FilesetId, ScanId } from '#lib/datasets/schema.js'
import { refusals } from '#lib/http/schema.js'
import { Created, ListQuery, OfFileset, OptionalBody, OptionalMetadata } from '#lib/plantdb/schema.js'

const listings = [{ path: '/fileset/:scan/:fileset/files', older: '' }, { path: '/api/fileset/:scan/:fileset/files', older: 'Older' }]

const routes: FastifyPluginAsyncTypebox = async app => {
  const writing = { tags: ['PlantDB'], security: [{ bearer: ['datasets:write'] }] }
  const write = { auth: { api: true, scopes: ['datasets:write'] }, metadata: 'member' } as const
  const common = refusals(400, 401, 403, 404, 503)

  for (const { path, older } of listings) {
    app.get(path, {
      config: { auth: { optional: true, api: true, scopes: ['datasets:read'] } },
      schema: {
        tags: ['PlantDB'],
        security: [{}, { bearer: ['datasets:read'] }],
        operationId: `plantdbListFiles${older}`,
        summary: 'Ids of the files of a fileset',
        params: OfFileset,
        querystring: ListQuery,
        response: { 200: Type.Object({ files: Type.Array(Type.String()) }), ...refusals(422), ...common }
      }
    }, async request => await app.plantdb.listings.files(request.actor, request.params, request.query))
  }

  app.post('/fileset/:scan/:fileset', {
    config: write,
    schema: { ...writing, operationId: 'plantdbCreateFileset', summary: 'Create a fileset', params: OfFileset, body: OptionalBody({ metadata: OptionalMetadata }), response: { 201: Created, ...refusals(409, 507), ...common } }
  }, async (request, reply) => {
    const { scan, fileset } = request.params
    return reply.code(201).send(await app.plantdb.scans.addFileset(request.actor, scan, fileset, request.body?.metadata))
  })

  app.post('/api/fileset', {
    config: write,
    schema: {
      ...writing,
      operationId: 'plantdbCreateFilesetByName',
      summary: 'The same with the ids in the body',
      body: Type.Object({ fileset_id: FilesetId, scan_id: ScanId, metadata: Type.Optional(OptionalMetadata) }),
      response: { 201: Created, ...refusals(409, 507), ...common }
    }
  }, async (request, reply) => {
    const { scan_id: scan, fileset_id: fileset, metadata } = request.body
    return reply.code(201).send(await app.plantdb.scans.addFileset(request.actor, scan, fileset, metadata))
  })
}

export default routes
