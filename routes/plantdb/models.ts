import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { bytes, NotModified, refusals } from '#lib/http/schema.js'
import { Coordinates, ModelQuery, OfFile, Triangles } from '#lib/plantdb/schema.js'

const models = [
  { name: 'PointCloud', path: '/pointcloud', kind: 'cloud', json: Coordinates, summary: 'A point cloud, as PLY or numbers' },
  { name: 'GroundTruth', path: '/pcGroundTruth', kind: 'cloud', json: Coordinates, summary: 'A point cloud to compare with, as PLY or numbers' },
  { name: 'Mesh', path: '/mesh', kind: 'mesh', json: Triangles, summary: 'A mesh, as PLY or numbers' }
] as const

const routes: FastifyPluginAsyncTypebox = async app => {
  for (const { name, path, kind, json, summary } of models) {
    for (const [method, verb] of [['GET', 'Get'], ['HEAD', 'Head']] as const) {
      app.route({
        method,
        url: `${path}/:scan/:fileset/:file`,
        config: { auth: { optional: true, api: true, scopes: ['datasets:read'] } },
        exposeHeadRoute: false,
        schema: {
          tags: ['PlantDB'],
          security: [{}, { bearer: ['datasets:read'] }],
          operationId: `plantdb${verb}${name}`,
          summary,
          params: OfFile,
          querystring: ModelQuery,
          response: { ...bytes(200, 206, { 'application/json': json }), 304: NotModified, ...refusals(400, 401, 403, 404, 412, 413, 416, 422, 503) }
        },
        handler: async (request, reply) =>
          await reply.sendContent(await app.plantdb.models[kind](request.actor, request.params, request.query))
      })
    }
  }
}

export default routes
