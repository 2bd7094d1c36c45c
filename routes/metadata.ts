import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { FileId, FilesetId, Metadata, ScanId } from '#lib/datasets/schema.js'
import { NotModified, ReadConditions, refusals, WriteConditions } from '#lib/http/schema.js'

export const autoPrefix = '/v1/scans'

const Unread = Type.Unsafe<undefined>({ type: 'null', description: 'Done; the caller may not read the metadata' })

/** A scan, a fileset and a file have their metadata in the same way. */
const places = [
  { noun: 'Scan', path: '/:scan/metadata', params: { scan: ScanId } },
  { noun: 'Fileset', path: '/:scan/filesets/:fileset/metadata', params: { scan: ScanId, fileset: FilesetId } },
  { noun: 'File', path: '/:scan/filesets/:fileset/files/:file/metadata', params: { scan: ScanId, fileset: FilesetId, file: FileId } }
]

const answer = (reply: FastifyReply, written: { value: string, etag: string } | null): FastifyReply =>
  written ? reply.header('etag', written.etag).sendJson(written.value) : reply.code(204).send()

const routes: FastifyPluginAsyncTypebox = async app => {
  for (const { noun, path, params: members } of places) {
    const params = Type.Object<{ scan: typeof ScanId, fileset?: typeof FilesetId, file?: typeof FileId }>(members)
    const shared = { tags: ['data sets'], params }
    const common = refusals(400, 401, 403, 404, 409, 503)
    const writing = { headers: WriteConditions, body: Metadata, security: [{ bearer: ['datasets:write'] }], response: { 200: Metadata, 204: Unread, ...refusals(412, 507), ...common } }

    app.get(path, {
      config: { auth: { optional: true, api: true, scopes: ['datasets:read'] } },
      schema: { ...shared, operationId: `get${noun}Metadata`, summary: `Metadata of a ${noun.toLowerCase()}`, security: [{}, { bearer: ['datasets:read'] }], headers: ReadConditions, response: { 200: Metadata, 304: NotModified, ...refusals(412), ...common } }
    }, async (request, reply) => reply.sendTaggedJson(await app.datasets.metadata.read(request.actor, request.params)))

    app.put(path, {
      config: { auth: { api: true, scopes: ['datasets:write'] }, conditional: true, metadata: 'all' },
      schema: { ...shared, ...writing, operationId: `put${noun}Metadata`, summary: `Replace the metadata of a ${noun.toLowerCase()}` }
    }, async (request, reply) => {
      return answer(reply, await app.datasets.metadata.replace(request.actor, request.params, request.body, request.precondition))
    })

    app.patch(path, {
      config: { auth: { api: true, scopes: ['datasets:write'] }, conditional: true, metadata: 'all' },
      schema: { ...shared, ...writing, operationId: `patch${noun}Metadata`, summary: `Change members of the metadata of a ${noun.toLowerCase()} (RFC 7396)` }
    }, async (request, reply) => {
      return answer(reply, await app.datasets.metadata.merge(request.actor, request.params, request.body, request.precondition))
    })
  }
}

export default routes
