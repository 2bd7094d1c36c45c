import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fileset, FilesetId, FilesetList, Metadata, ScanId } from '#lib/datasets/schema.js'
import { NotModified, PageQuery, ReadConditions, ref, refusals, WriteConditions } from '#lib/http/schema.js'

export const autoPrefix = '/v1/scans/:scan/filesets'

const routes: FastifyPluginAsyncTypebox = async app => {
  const shared = { tags: ['data sets'] }
  const common = refusals(400, 401, 403, 404, 503)
  const params = Type.Object({ scan: ScanId })
  const one = Type.Object({ scan: ScanId, fileset: FilesetId })

  app.get('', {
    config: { auth: { optional: true, api: true, scopes: ['datasets:read'] } },
    schema: {
      ...shared, operationId: 'listFilesets', summary: 'The filesets of a scan', security: [{}, { bearer: ['datasets:read'] }], params, querystring: PageQuery, response: { 200: FilesetList, ...common }
    }
  }, async request => await app.datasets.filesets.list(request.actor, request.params.scan, request.query))

  app.get('/:fileset', {
    config: { auth: { optional: true, api: true, scopes: ['datasets:read'] } },
    schema: {
      ...shared, operationId: 'getFileset', summary: 'One fileset', security: [{}, { bearer: ['datasets:read'] }], params: one, headers: ReadConditions, response: { 200: ref(Fileset), 304: NotModified, ...refusals(412), ...common }
    }
  }, async (request, reply) => reply.sendTagged(await app.datasets.filesets.get(request.actor, request.params.scan, request.params.fileset)))

  app.post('', {
    config: { auth: { api: true, scopes: ['datasets:write'] }, metadata: 'member' },
    schema: {
      ...shared,
      operationId: 'createFileset',
      summary: 'Create a fileset',
      security: [{ bearer: ['datasets:write'] }],
      params,
      body: Type.Object({ id: FilesetId, metadata: Type.Optional(Metadata) }, { additionalProperties: false }),
      response: { 201: ref(Fileset), ...refusals(409, 507), ...common }
    }
  }, async (request, reply) => {
    const { scan } = request.params
    const fileset = await app.datasets.filesets.create(request.actor, scan, request.body)
    return reply.code(201).header('location', `/v1/scans/${scan}/filesets/${fileset.id}`).send(fileset)
  })

  app.delete('/:fileset', {
    config: { auth: { api: true, scopes: ['datasets:delete'] }, conditional: true },
    schema: {
      ...shared,
      operationId: 'deleteFileset',
      summary: 'Remove a fileset with all of its files',
      security: [{ bearer: ['datasets:delete'] }],
      params: one,
      headers: WriteConditions,
      response: { 204: Type.Null(), ...refusals(412, 507), ...common }
    }
  }, async (request, reply) => {
    await app.datasets.filesets.remove(request.actor, request.params.scan, request.params.fileset, request.precondition)
    return reply.code(204).send(null)
  })
}

export default routes
