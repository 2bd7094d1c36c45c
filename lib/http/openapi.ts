import { refusals } from './schema.js'

interface Document { paths?: object }
interface Operation { requestBody?: { required?: boolean, content?: Record<string, { schema?: { type?: unknown } }> } }

/** Says of each body that may be null that it may be left out; the generator calls every body required. */
export function withOptionalBodies<T extends Document> (document: T): T {
  const operations = Object.values(document.paths ?? {}).flatMap(path => Object.values(path as Record<string, Operation>))
  for (const { requestBody } of operations) {
    const types = Object.values(requestBody?.content ?? {}).map(({ schema }) => schema?.type)
    if (requestBody && types.some(type => Array.isArray(type) && type.includes('null'))) requestBody.required = false
  }
  return document
}

type Security = ReadonlyArray<Readonly<Record<string, readonly string[]>>>

/** Says that what takes a bearer token takes credentials of another scheme as well. */
export function withScheme<T extends { security?: Security }> (scheme: string, schema: T): T {
  const { security = [] } = schema
  const takesMore = security.some(one => 'bearer' in one) && !security.some(one => scheme in one)
  return takesMore ? { ...schema, security: [...security, { [scheme]: [] }] } : schema
}

interface Described { response?: unknown }

/**
 * Says how any route of its kind may refuse: one with a name in its path when that cannot be decoded, one that
 * reads bodies when that cannot be read, is too large or of a media type that is not taken, and one that writes
 * when a precondition fails.
 */
export function withCommonRefusals<T extends Described> ({ method, url }: { method: string | string[], url: string }, schema: T): T {
  const response = (schema.response ?? {}) as Record<string, unknown>
  if (Object.keys(response).some(status => /^4xx$/i.test(status))) return schema
  const readsBodies = ![method].flat().every(one => one === 'GET' || one === 'HEAD' || one === 'OPTIONS')
  return { ...schema, response: { ...(/[:*]/.test(url) ? refusals(400) : {}), ...(readsBodies ? refusals(400, 412, 413, 415) : {}), ...response } }
}
