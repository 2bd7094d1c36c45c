import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { File, FileId, FilesetId, ScanId, UploadHeaders, UploadQuery } from '#lib/datasets/schema.js'
import { ref, refusals, WriteConditions } from '#lib/http/schema.js'

export const autoPrefix = '/v1/scans/:scan/filesets/:fileset/files'

const routes: FastifyPluginAsyncTypebox = async app => {
  await app.acceptUploads()
  const config = { auth: { api: true, scopes: ['datasets:write'] } } as const
  const shared = { tags: ['data sets'], security: [{ bearer: ['datasets:write'] }], consumes: ['application/octet-stream', 'multipart/form-data'], headers: UploadHeaders }
  const common = refusals(400, 401, 403, 404, 413, 422, 429, 503, 507)

  app.post('', {
    config,
    schema: {
      ...shared,
      operationId: 'createFile',
      summary: 'Add a file: the body itself, or `file` of a form with `id`, `ext` and `metadata`',
      params: Type.Object({ scan: ScanId, fileset: FilesetId }),
      querystring: UploadQuery,
      response: { 201: ref(File), ...refusals(409), ...common }
    }
  }, async (request, reply) => {
    const { scan, fileset } = request.params
    const file = await app.datasets.files.create(request.actor, { scan, fileset }, request.upload(), request.query)
    return reply.code(201).headers({ location: `/v1/scans/${scan}/filesets/${fileset}/files/${file.id}`, 'content-digest': `sha-256=:${file.digest}:` }).send(file)
  })

  app.put('/:file', {
    config: { ...config, conditional: true },
    schema: {
      ...shared,
      operationId: 'replaceFile',
      summary: 'Put other content in the place of a file\'s',
      params: Type.Object({ scan: ScanId, fileset: FilesetId, file: FileId }),
      headers: Type.Object({ ...UploadHeaders.properties, ...WriteConditions.properties }),
      response: { 200: ref(File), ...refusals(412), ...common }
    }
  }, async (request, reply) => {
    const { value: file, etag } = await app.datasets.files.replace(request.actor, request.params, request.upload(), request.precondition)
    return reply.headers({ etag, 'content-digest': `sha-256=:${file.digest}:` }).send(file)
  })
}

export default routes
