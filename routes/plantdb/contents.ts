import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Base64Image, ScanId } from '#lib/datasets/schema.js'
import { bytes, NotModified, refusals } from '#lib/http/schema.js'
import { OfFile, OfScan, PictureQuery } from '#lib/plantdb/schema.js'

const routes: FastifyPluginAsyncTypebox = async app => {
  const config = { auth: { optional: true, api: true, scopes: ['datasets:read'] } } as const
  const shared = { tags: ['PlantDB'], security: [{}, { bearer: ['datasets:read'] }] }
  const common = { 304: NotModified, ...refusals(400, 401, 403, 404, 412, 416, 422, 503) }

  // sendContent knows of HEAD; the routes that Fastify would add for it do not take an answer without bytes.
  for (const [method, name] of [['GET', 'Get'], ['HEAD', 'Head']] as const) {
    app.route({
      method,
      url: '/file/:scan/:fileset/:file',
      config,
      exposeHeadRoute: false,
      schema: { ...shared, operationId: `plantdb${name}File`, summary: 'The content of a file, or a range of it', params: OfFile, response: { ...bytes(200, 206), ...common } },
      handler: async (request, reply) => await reply.sendContent(await app.datasets.files.open(request.actor, request.params))
    })

    app.route({
      method,
      url: '/files/:scan/*',
      config,
      exposeHeadRoute: false,
      schema: { ...shared, operationId: `plantdb${name}Path`, summary: 'A file of a scan by its path', params: Type.Object({ scan: ScanId, '*': Type.String({ maxLength: 600 }) }), response: { ...bytes(200, 206), ...common } },
      handler: async (request, reply) => await reply.sendContent(await app.datasets.paths.open(request.actor, request.params.scan, request.params['*']))
    })

    app.route({
      method,
      url: '/image/:scan/:fileset/:file',
      config,
      exposeHeadRoute: false,
      schema: { ...shared, operationId: `plantdb${name}Image`, summary: 'A picture, made smaller', params: OfFile, querystring: PictureQuery, response: { ...bytes(200, 206, { 'application/json': Base64Image }), ...common } },
      handler: async (request, reply) => {
        const picture = await app.plantdb.results.picture(request.actor, request.params, request.query)
        if ('image' in picture) return await reply.header('x-content-encoding', 'base64').send(picture)
        return await reply.header('x-content-encoding', 'binary').sendContent(picture)
      }
    })

    app.route({
      method,
      url: '/skeleton/:scan',
      config: { ...config, errors: 'plantdb' },
      exposeHeadRoute: false,
      schema: { ...shared, operationId: `plantdb${name}Skeleton`, summary: 'The skeleton of the plant, as JSON', params: OfScan, response: { ...bytes(200, 206), ...common } },
      handler: async (request, reply) => await reply.sendContent(await app.plantdb.results.skeleton(request.actor, request.params.scan))
    })
  }
}

export default routes
