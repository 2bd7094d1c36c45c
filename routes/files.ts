import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Base64Image, File, FileId, FileList, FilesetId, ImageQuery, ScanId } from '#lib/datasets/schema.js'
import { NotModified, PageQuery, ReadConditions, bytes, ref, refusals, WriteConditions } from '#lib/http/schema.js'

export const autoPrefix = '/v1/scans/:scan/filesets/:fileset/files'

const routes: FastifyPluginAsyncTypebox = async app => {
  const config = { auth: { optional: true, api: true, scopes: ['datasets:read'] } } as const
  const shared = { tags: ['data sets'], security: [{}, { bearer: ['datasets:read'] }] }
  const common = refusals(400, 401, 403, 404, 503)
  const params = Type.Object({ scan: ScanId, fileset: FilesetId })
  const one = Type.Object({ scan: ScanId, fileset: FilesetId, file: FileId })
  const content = { ...shared, params: one, response: { ...bytes(200, 206), 304: NotModified, ...refusals(412, 416), ...common } }

  app.get('', {
    config,
    schema: { ...shared, operationId: 'listFiles', summary: 'The files of a fileset', params, querystring: PageQuery, response: { 200: FileList, ...common } }
  }, async request => await app.datasets.files.list(request.actor, request.params, request.query))

  app.get('/:file/info', {
    config,
    schema: { ...shared, operationId: 'getFileInfo', summary: 'What is known of a file', params: one, headers: ReadConditions, response: { 200: ref(File), 304: NotModified, ...refusals(412), ...common } }
  }, async (request, reply) => reply.sendTagged(await app.datasets.files.info(request.actor, request.params)))

  // sendContent knows of HEAD; the routes that Fastify would add for it do not take an answer without bytes.
  for (const [method, verb] of [['GET', 'get'], ['HEAD', 'head']] as const) {
    app.route({
      method,
      url: '/:file',
      config,
      exposeHeadRoute: false,
      schema: { ...content, operationId: `${verb}File`, summary: 'The content of a file, or a range of it' },
      handler: async (request, reply) => await reply.sendContent(await app.datasets.files.open(request.actor, request.params))
    })

    app.route({
      method,
      url: '/:file/image',
      config,
      exposeHeadRoute: false,
      schema: {
        ...shared,
        operationId: `${verb}Image`,
        summary: 'A picture, made smaller',
        params: one,
        querystring: ImageQuery,
        response: { ...bytes(200, 206, { 'application/json': Base64Image }), 304: NotModified, ...refusals(412, 416, 422), ...common }
      },
      handler: async (request, reply) => {
        const { size, as_base64: asText } = request.query
        if (asText) return await reply.header('x-content-encoding', 'base64').send(await app.datasets.pictures.base64(request.actor, request.params, size))
        return await reply.header('x-content-encoding', 'binary').sendContent(await app.datasets.pictures.open(request.actor, request.params, size))
      }
    })
  }

  app.delete('/:file', {
    config: { auth: { api: true, scopes: ['datasets:delete'] }, conditional: true },
    schema: {
      tags: ['data sets'],
      security: [{ bearer: ['datasets:delete'] }],
      operationId: 'deleteFile',
      summary: 'Remove a file with its metadata',
      params: one,
      headers: WriteConditions,
      response: { 204: Type.Null(), ...refusals(412, 507), ...common }
    }
  }, async (request, reply) => {
    await app.datasets.files.remove(request.actor, request.params, request.precondition)
    return reply.code(204).send(null)
  })
}

export default routes
