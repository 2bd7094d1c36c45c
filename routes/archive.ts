import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Scan, ScanId, UploadHeaders } from '#lib/datasets/schema.js'
import { bytes, ref, refusals } from '#lib/http/schema.js'

export const autoPrefix = '/v1/scans/:scan/archive'

const routes: FastifyPluginAsyncTypebox = async app => {
  await app.acceptUploads()
  const params = Type.Object({ scan: ScanId })
  const common = refusals(400, 401, 403, 503)

  app.get('', {
    config: { auth: { optional: true, api: true, scopes: ['datasets:read'] } },
    schema: {
      tags: ['data sets'],
      operationId: 'exportScan',
      summary: 'A scan as one ZIP',
      security: [{}, { bearer: ['datasets:read'] }],
      params,
      response: { 200: bytes(200, 206)[200], ...refusals(404), ...common }
    }
  }, async (request, reply) => {
    const { scan } = request.params
    const { stream, size, permit } = await app.datasets.archives.export(request.actor, scan)
    return reply.whilePermitted(permit).headers({ 'content-type': 'application/zip', 'content-length': size, 'content-disposition': `attachment; filename="${scan}.zip"` }).send(stream)
  })

  app.post('', {
    config: { auth: { api: true, scopes: ['datasets:create'] } },
    schema: {
      tags: ['data sets'],
      operationId: 'importScan',
      summary: 'Make a scan of a ZIP: the body itself, or a file of a form; it belongs to who imports it',
      security: [{ bearer: ['datasets:create'] }],
      consumes: ['application/zip', 'multipart/form-data'],
      headers: UploadHeaders,
      params,
      response: { 201: ref(Scan), ...refusals(409, 413, 422, 429, 507), ...common }
    }
  }, async (request, reply) => {
    const { scan } = await app.datasets.archives.import(request.actor, request.params.scan, request.upload())
    return reply.code(201).header('location', `/v1/scans/${scan.id}`).send(scan)
  })
}

export default routes
