import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { refusals, WriteConditions } from '#lib/http/schema.js'
import { Created, Message, OfFile, OfScan, PathHeaders } from '#lib/plantdb/schema.js'

const routes: FastifyPluginAsyncTypebox = async app => {
  await app.acceptUploads()
  const config = { auth: { api: true, scopes: ['datasets:write'] } } as const
  const shared = { tags: ['PlantDB'], security: [{ bearer: ['datasets:write'] }] }
  const common = refusals(400, 401, 403, 404, 409, 413, 422, 429, 503, 507)

  app.post('/file/:scan/:fileset/:file', {
    config,
    schema: { ...shared, operationId: 'plantdbCreateFile', summary: 'Add a file: `file` of a form with `ext` and `metadata`', consumes: ['multipart/form-data'], params: OfFile, response: { 201: Created, ...common } }
  }, async (request, reply) => reply.code(201).send(await app.plantdb.takingIn.file(request.actor, request.params, request.upload())))

  app.post('/api/file', {
    config,
    schema: { ...shared, operationId: 'plantdbCreateFileByForm', summary: 'The same with `scan_id`, `fileset_id` and `file_id` in the form', consumes: ['multipart/form-data'], response: { 201: Created, ...common } }
  }, async (request, reply) => reply.code(201).send(await app.plantdb.takingIn.form(request.actor, request.upload())))

  app.post('/files/:scan', {
    config: { ...config, errors: 'plantdb', conditional: true },
    schema: {
      ...shared, operationId: 'plantdbPutPath', summary: 'Write a file of a scan by its path', consumes: ['application/octet-stream'], params: OfScan, headers: Type.Object({ ...PathHeaders.properties, ...WriteConditions.properties }), response: { 201: Message, ...common }
    }
  }, async (request, reply) => {
    const path = request.headers['x-file-path']
    return reply.code(201).send(await app.plantdb.takingIn.path(request.actor, request.params.scan, path, request.upload(), request.precondition))
  })
}

export default routes
