import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { bytes, refusals } from '#lib/http/schema.js'
import { Imported, OfScan } from '#lib/plantdb/schema.js'

const routes: FastifyPluginAsyncTypebox = async app => {
  await app.acceptUploads()
  const shared = { tags: ['PlantDB'], params: OfScan }
  const common = refusals(400, 401, 403, 503)
  const headers = (scan: string, size: number) => ({ 'content-type': 'application/zip', 'content-length': size, 'content-disposition': `attachment; filename="${scan}.zip"` })

  for (const [method, name] of [['GET', 'Get'], ['HEAD', 'Head']] as const) {
    app.route({
      method,
      url: '/archive/:scan',
      config: { auth: { optional: true, api: true, scopes: ['datasets:read'] }, errors: 'plantdb' },
      exposeHeadRoute: false,
      schema: { ...shared, operationId: `plantdb${name}Archive`, summary: 'A scan as one ZIP', security: [{}, { bearer: ['datasets:read'] }], response: { 200: bytes(200, 206)[200], ...refusals(404, 409), ...common } },
      handler: async (request, reply) => {
        const { stream, size, permit } = await app.datasets.archives.export(request.actor, request.params.scan)
        if (method === 'HEAD') stream.destroy()
        return reply.whilePermitted(permit).headers(headers(request.params.scan, size)).send(method === 'HEAD' ? null : stream)
      }
    })
  }

  app.post('/archive/:scan', {
    config: { auth: { api: true, scopes: ['datasets:create'] }, errors: 'plantdb' },
    schema: {
      ...shared,
      operationId: 'plantdbImportArchive',
      summary: 'Make a scan of a ZIP, `zip_file` of a form',
      security: [{ bearer: ['datasets:create'] }],
      consumes: ['multipart/form-data'],
      response: { 200: Imported, ...refusals(409, 413, 422, 429, 507), ...common }
    }
  }, async request => await app.plantdb.takingIn.archive(request.actor, request.params.scan, request.upload()))
}

export default routes
