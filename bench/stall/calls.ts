// What is called: every route of the OpenAPI document, with the worst that fits it.
import { crc32 } from 'node:zlib'
import { documents, listingOf, shapes } from './documents.js'
import { crowded, heavyScan } from './world.js'

export interface Call { label: string, method: string, path: string, type?: string, body?: Buffer }

/** Makes a call anew each time: what is created needs another name. */
export type Making = () => Call

interface OpenApi { paths: Record<string, Record<string, { operationId: string }>> }

/** They end the session that everything is called with. */
const ENDING = new Set(['logout', 'plantdbLogout', 'endSessions', 'endSession', 'changePassword', 'reauthenticate'])

let made = 0
const fresh = (): string => `new-${++made}`
const json = (text: string): Pick<Call, 'type' | 'body'> => ({ type: 'application/json', body: Buffer.from(text) })

/** A ZIP whose members are stored as they are. */
export function zipOf (members: Record<string, string>): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const [name, text] of Object.entries(members)) {
    const [title, data] = [Buffer.from(name), Buffer.from(text)]
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt32LE(crc32(data), 10)
    fields.writeUInt32LE(data.length, 14)
    fields.writeUInt32LE(data.length, 18)
    fields.writeUInt16LE(title.length, 22)
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(at, 10)
    parts.push(Buffer.from('PK\x03\x04'), fields, title, data)
    directory.push(Buffer.from('PK\x01\x02\x14\0'), fields, rest, title)
    at += 30 + title.length + data.length
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  for (const place of [8, 10]) end.writeUInt16LE(Object.keys(members).length, place)
  end.writeUInt32LE(size, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, ...directory, end])
}

const archives = new Map(shapes.map(shape => [shape, zipOf({ 'files.json': listingOf({ images: ['a'] }), 'images/a.jpg': 'x', 'metadata/metadata.json': documents[shape]!, 'metadata/images.json': documents[shape]! })]))

/** Queries, by the path. */
const queries: Record<string, string[]> = {
  '/v1/scans': ['?limit=500', '?limit=500&sort=-bytes', '?limit=500&query={"list":[{}]}', '?limit=500&fuzzy=true&query={"object":{"species":"f.*"}}'],
  '/scans': ['', '?filterQuery={"object":{"species":"fern"}}'],
  '/v1/scans/{scan}/filesets': ['?limit=500'],
  '/v1/scans/{scan}/filesets/{fileset}/files': ['?limit=500'],
  '/fileset/{scan}/{fileset}/files': ['', '?query={"channel":"rgb"}']
}

/** Bodies with the document of a shape, by the operation. */
function bodyOf (method: string, path: string, shape: string): Pick<Call, 'type' | 'body'> | undefined {
  const text = documents[shape]!
  if (/\/metadata$/.test(path)) return json(path.startsWith('/v1') ? text : `{"metadata":${text}}`)
  if (path === '/v1/scans' || /^\/v1\/scans\/\{scan\}\/filesets$/.test(path)) return json(`{"id":"${fresh()}","metadata":${text}}`)
  if (path === '/api/scan') return json(`{"name":"${fresh()}","metadata":${text}}`)
  if (path === '/api/fileset') return json(`{"scan_id":"${heavyScan(shape)}","fileset_id":"${fresh()}","metadata":${text}}`)
  if (method === 'POST' && /^\/(scans?|fileset)\//.test(path)) return json(`{"metadata":${text}}`)
  if (path === '/v1/scans/{scan}/archive') return { type: 'application/zip', body: archives.get(shape)! }
  if (/\/files(\/\{file\})?$|^\/files\//.test(path)) return { type: 'application/octet-stream', body: Buffer.from(fresh()) }
  return undefined
}

/** Every way of calling an operation. */
function makingsOf (method: string, path: string, operation: string): Making[] {
  const creates = method === 'POST' && /^\/(scan|scans|archive|v1\/scans)\/\{scan\}(\/archive)?$/.test(path)
  const scans = path.includes('{scan}') ? creates ? [''] : [...crowded, ...shapes.map(heavyScan)] : ['']
  const bodies = method === 'GET' || method === 'DELETE' || bodyOf(method, path, shapes[0]!) === undefined ? [''] : shapes
  return scans.flatMap(scan => bodies.flatMap(shape => (queries[path] ?? ['']).map((query): Making => () => {
    const name = method === 'DELETE' ? fresh() : undefined
    const upload = operation === 'createFile' ? `?id=${fresh()}&ext=jpg` : ''
    const filled = path.replace('{scan}', scan || fresh()).replace('{fileset}', operation === 'plantdbCreateFileset' ? fresh() : name ?? 'images').replace('{file}', name ?? (scan === 'many' ? 'f7' : 'a')).replace(/\{[^}]*\}|\*$/g, 'files.json')
    const body = method === 'GET' || method === 'DELETE' ? {} : bodyOf(method, path, shape || shapes[0]!) ?? json('{}')
    return { label: `${method} ${path} ${scan} ${shape}`.trim(), method, path: encodeURI(filled + query + upload), ...body }
  })))
}

/** Everything that can be called, by the document that a service gives out about itself. */
export const makings = ({ paths }: OpenApi): Making[] => Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).filter(([, { operationId }]) => !ENDING.has(operationId)).flatMap(([method, { operationId }]) => makingsOf(method.toUpperCase(), path, operationId)))

/** Writes of metadata alone. */
export const isOfMetadata = ({ label }: Call): boolean => /^(PUT|PATCH|POST) .*\/metadata /.test(label)

/** Writes of `files.json`, and scans as a whole. */
export const isOfListing = ({ label }: Call): boolean => /^(PUT|POST|DELETE) .*(\/files|\/filesets|archive).* (many|sets)/.test(label) || / \S*archive/.test(label)
