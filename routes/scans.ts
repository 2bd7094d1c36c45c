import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { GroupNames, Metadata, OwnerName, Scan, ScanId, ScanList, ScanQuery, VisibilityWord } from '#lib/datasets/schema.js'
import { NotModified, ReadConditions, ref, refusals, WriteConditions } from '#lib/http/schema.js'

export const autoPrefix = '/v1/scans'

const routes: FastifyPluginAsyncTypebox = async app => {
  const shared = { tags: ['data sets'] }
  const common = refusals(400, 401, 403, 503)
  const params = Type.Object({ scan: ScanId })

  app.get('', {
    config: { auth: { optional: true, api: true, scopes: ['datasets:read'] } },
    schema: {
      ...shared, operationId: 'listScans', summary: 'The scans that may be read', security: [{}, { bearer: ['datasets:read'] }], querystring: ScanQuery, response: { 200: ScanList, ...refusals(422), ...common }
    }
  }, async request => await app.datasets.scans.list(request.actor, request.query))

  app.get('/:scan', {
    config: { auth: { optional: true, api: true, scopes: ['datasets:read'] } },
    schema: {
      ...shared, operationId: 'getScan', summary: 'One scan', security: [{}, { bearer: ['datasets:read'] }], params, headers: ReadConditions, response: { 200: ref(Scan), 304: NotModified, ...refusals(404, 412), ...common }
    }
  }, async (request, reply) => reply.sendTagged(await app.datasets.scans.get(request.actor, request.params.scan)))

  app.post('', {
    config: { auth: { api: true, scopes: ['datasets:create'] }, metadata: 'member' },
    schema: {
      ...shared,
      operationId: 'createScan',
      summary: 'Create a scan; it belongs to who creates it',
      security: [{ bearer: ['datasets:create'] }],
      body: Type.Object({
        id: ScanId,
        metadata: Type.Optional(Metadata),
        sharing: Type.Optional(GroupNames),
        visibility: Type.Optional(VisibilityWord)
      }, { additionalProperties: false }),
      response: { 201: ref(Scan), ...refusals(409, 422, 507), ...common }
    }
  }, async (request, reply) => {
    const scan = await app.datasets.scans.create(request.actor, request.body)
    return reply.code(201).header('location', `/v1/scans/${scan.id}`).send(scan)
  })

  app.put('/:scan/owner', {
    config: { auth: { scopes: ['datasets:write'] }, conditional: true },
    schema: {
      ...shared,
      operationId: 'setOwner',
      summary: 'Give a scan to another account; its owner and admins may',
      security: [{ bearer: ['datasets:write'] }],
      params,
      headers: WriteConditions,
      body: Type.Object({ owner: OwnerName }, { additionalProperties: false }),
      response: { 200: ref(Scan), ...refusals(404, 409, 412, 422, 507), ...common }
    }
  }, async (request, reply) => {
    const { value, etag } = await app.datasets.scans.setOwner(request.actor, request.params.scan, request.body.owner, request.precondition)
    return await reply.header('etag', etag).send(value)
  })

  app.put('/:scan/sharing', {
    config: { auth: { scopes: ['datasets:write'] }, conditional: true },
    schema: {
      ...shared,
      operationId: 'shareScan',
      summary: 'Say who may see a scan and which groups may write to it; its owner and admins may',
      security: [{ bearer: ['datasets:write'] }],
      params,
      headers: WriteConditions,
      body: Type.Object({ groups: GroupNames, visibility: VisibilityWord }, { additionalProperties: false }),
      response: { 200: ref(Scan), ...refusals(404, 409, 412, 422, 507), ...common }
    }
  }, async (request, reply) => {
    const { value, etag } = await app.datasets.scans.share(request.actor, request.params.scan, request.body, request.precondition)
    return await reply.header('etag', etag).send(value)
  })

  app.delete('/:scan', {
    config: { auth: { api: true, scopes: ['datasets:delete'] }, conditional: true },
    schema: {
      ...shared,
      operationId: 'deleteScan',
      summary: 'Remove a scan with all that is in it',
      security: [{ bearer: ['datasets:delete'] }],
      params,
      headers: WriteConditions,
      response: { 204: Type.Null(), ...refusals(404, 412), ...common }
    }
  }, async (request, reply) => {
    await app.datasets.scans.remove(request.actor, request.params.scan, request.precondition)
    return reply.code(204).send(null)
  })
}

export default routes
