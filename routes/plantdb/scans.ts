import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ScanId } from '#lib/datasets/schema.js'
import { ref, refusals } from '#lib/http/schema.js'
import { Created, FilterQuery, ListQuery, Message, OfScan, OptionalBody, OptionalMetadata, ScanInfo } from '#lib/plantdb/schema.js'

/** The path of a scan, and the one that it had before. */
const places = [{ path: '/scan/:scan', older: '' }, { path: '/scans/:scan', older: 'Older' }]
const listings = [{ path: '/scan/:scan/filesets', older: '' }, { path: '/api/scan/:scan/filesets', older: 'Older' }]

const routes: FastifyPluginAsyncTypebox = async app => {
  const reading = { tags: ['PlantDB'], security: [{}, { bearer: ['datasets:read'] }] }
  const creating = { tags: ['PlantDB'], security: [{ bearer: ['datasets:create'] }] }
  const read = { auth: { optional: true, api: true, scopes: ['datasets:read'] } } as const
  const create = { auth: { api: true, scopes: ['datasets:create'] }, metadata: 'member' } as const
  const common = refusals(400, 401, 403, 503)

  app.get('/scans', {
    config: read,
    schema: { ...reading, operationId: 'plantdbListScans', summary: 'Ids of the scans that may be read', querystring: FilterQuery, response: { 200: Type.Array(Type.String()), ...refusals(422), ...common } }
  }, async (request, reply) => {
    const { value, headers } = await app.plantdb.scans.list(request.actor, request.query)
    return reply.headers(headers).send(value)
  })

  app.get('/scans_info', {
    config: read,
    schema: { ...reading, operationId: 'plantdbListScanInfos', summary: 'The scans that may be read, with what is shown of them', querystring: FilterQuery, response: { 200: { description: 'The scans', content: { 'application/json': { schema: Type.Array(ref(ScanInfo)) } } }, ...refusals(422), ...common } }
  }, async (request, reply) => {
    const { value, headers } = await app.plantdb.scans.infos(request.actor, request.query)
    return reply.headers(headers).type('application/json; charset=utf-8').send(value)
  })

  for (const { path, older } of places) {
    app.get(path, {
      config: read,
      schema: { ...reading, operationId: `plantdbGetScan${older}`, summary: 'What is shown of a scan', params: OfScan, response: { 200: ref(ScanInfo), ...refusals(404, 422), ...common } }
    }, async request => await app.plantdb.scans.info(request.actor, request.params.scan))

    app.post(path, {
      config: create,
      schema: { ...creating, operationId: `plantdbCreateScan${older}`, summary: 'Create a scan; it belongs to who creates it', params: OfScan, body: OptionalBody({ metadata: OptionalMetadata }), response: { 201: Created, ...refusals(409, 422, 507), ...common } }
    }, async (request, reply) => reply.code(201).send(await app.plantdb.scans.create(request.actor, request.params.scan, request.body?.metadata)))
  }

  app.post('/api/scan', {
    config: create,
    schema: {
      ...creating,
      operationId: 'plantdbCreateScanByName',
      summary: 'The same with the id in the body',
      body: Type.Object({ name: ScanId, metadata: Type.Optional(OptionalMetadata) }),
      response: { 201: Message, ...refusals(409, 422, 507), ...common }
    }
  }, async (request, reply) => reply.code(201).send(await app.plantdb.scans.create(request.actor, request.body.name, request.body.metadata)))

  for (const { path, older } of listings) {
    app.get(path, {
      config: read,
      schema: { ...reading, operationId: `plantdbListFilesets${older}`, summary: 'Ids of the filesets of a scan', params: OfScan, querystring: ListQuery, response: { 200: Type.Object({ filesets: Type.Array(Type.String()) }), ...refusals(404, 422), ...common } }
    }, async request => await app.plantdb.listings.filesets(request.actor, request.params.scan, request.query))
  }
}

export default routes
