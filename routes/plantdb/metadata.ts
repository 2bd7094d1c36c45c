import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { FileId, FilesetId, ScanId } from '#lib/datasets/schema.js'
import { NotModified, ReadConditions, refusals, WriteConditions } from '#lib/http/schema.js'
import { KeyQuery, MetadataAnswer, MetadataBody, ReplacingBody } from '#lib/plantdb/schema.js'

/** A scan, a fileset and a file have their metadata in the same way, at two paths each. */
const places = [
  { noun: 'Scan', path: '/scan/:scan/metadata', params: { scan: ScanId } },
  { noun: 'Fileset', path: '/fileset/:scan/:fileset/metadata', params: { scan: ScanId, fileset: FilesetId } },
  { noun: 'File', path: '/file/:scan/:fileset/:file/metadata', params: { scan: ScanId, fileset: FilesetId, file: FileId } }
]
const generations = [{ root: '', older: '', body: MetadataBody }, { root: '/api', older: 'Older', body: ReplacingBody }]

const routes: FastifyPluginAsyncTypebox = async app => {
  const common = refusals(400, 401, 403, 404, 409, 503)

  for (const { noun, path, params: members } of places) {
    const params = Type.Object<{ scan: typeof ScanId, fileset?: typeof FilesetId, file?: typeof FileId }>(members)
    for (const { root, older, body } of generations) {
      const shared = { tags: ['PlantDB'], params }

      app.get(root + path, {
        config: { auth: { optional: true, api: true, scopes: ['datasets:read'] } },
        schema: { ...shared, operationId: `plantdbGet${noun}Metadata${older}`, summary: `Metadata of a ${noun.toLowerCase()}`, security: [{}, { bearer: ['datasets:read'] }], querystring: KeyQuery, headers: ReadConditions, response: { 200: MetadataAnswer, 304: NotModified, ...refusals(412), ...common } }
      }, async (request, reply) => reply.sendTaggedJson(await app.plantdb.metadata.read(request.actor, request.params, request.query.key)))

      app.post(root + path, {
        config: { auth: { api: true, scopes: ['datasets:write'] }, conditional: true, metadata: 'member' },
        schema: { ...shared, operationId: `plantdbSet${noun}Metadata${older}`, summary: `Set members of the metadata of a ${noun.toLowerCase()}`, security: [{ bearer: ['datasets:write'] }], headers: WriteConditions, body, response: { 200: MetadataAnswer, ...refusals(412, 507), ...common } }
      }, async (request, reply) => {
        const { metadata, replace = false }: { metadata: Record<string, unknown>, replace?: boolean } = request.body
        const { value, etag } = await app.plantdb.metadata.update(request.actor, request.params, metadata, { replace: older !== '' && replace, precondition: request.precondition })
        return await reply.headers(etag === undefined ? {} : { etag }).sendJson(value)
      })
    }
  }
}

export default routes
