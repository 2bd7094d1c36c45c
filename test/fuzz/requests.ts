// Requests as a document describes them: as they should be, with one thing wrong, or with everything wrong.
import fc from 'fast-check'
import { createValues, hostileJson, hostileText, type Schema } from './values.js'

interface Parameter { in: 'path' | 'query' | 'header', name: string, required?: boolean, schema: Schema }
type Content = Record<string, { schema?: Schema }>

export interface Operation {
  method: string
  path: string
  parameters: Parameter[]
  body: Content | undefined
  responses: Record<string, { content?: Content }>
  /** The document does not know it; it must be refused, or answer like OPTIONS. */
  stray?: true
}

export interface Document { paths: Record<string, Record<string, { parameters?: Parameter[], requestBody?: { content: Content }, responses: Operation['responses'] }>> }

/** Of whom `stale` is an admin who signed in long ago, machines but the first have one right each, and a `holder` has a token that is bound to a key, and proves it. */
export const callers = ['nobody', 'user', 'admin', 'stale', 'machine', 'reader', 'writer', 'creator', 'deleter', 'stranger', 'holder'] as const

/** A value of a request; `known` is looked up among what there is when it is sent. */
export type Value = { known: string, nth: number } | { text: string } | { raw: string }

export interface Sent {
  operation: Operation
  caller: typeof callers[number]
  path: Record<string, Value>
  query: Array<[name: string, value: Value]>
  headers: Array<[name: string, value: string]>
  body: { type: string, content: unknown } | undefined
}

/** Names of members and parameters for which there are values that lead somewhere. */
export const knowable = ['scan', 'fileset', 'file', 'id', 'name', 'username', 'token', 'kid', 'scan_id', 'fileset_id', 'password', 'current', 'refresh_token', 'user_code', 'groups', 'user', 'key', 'scope', 'grant_type', 'owner', 'users', 'sessions', 'api-tokens', 'keys'] as const

const asText = (value: unknown): string => typeof value === 'string' ? value : JSON.stringify(value)
const known = (name: string): fc.Arbitrary<Value> => fc.nat({ max: 9 }).map(nth => ({ known: name, nth }))
const isKnowable = (name: string): boolean => (knowable as readonly string[]).includes(name)
/** What an `id` in a path is the id of: the segment before it tells, where there is a pool of that name. */
const poolOf = (path: string, name: string): string => {
  const segments = path.split('/')
  const noun = segments[segments.indexOf('{id}') - 1]
  return name === 'id' && noun !== undefined && isKnowable(noun) ? noun : name
}
const rawSegments = fc.constantFrom('..', '.', '%2e%2e', '%2E%2e%2fx', '%00', '%', '%zz', '%c0%ae', 'a%2Fb', ';x=1', '%ff', '~', "'", '*', '!')
/** Ways out of a folder. */
const climbs = ['%2e%2e', '%2e%2e/%2e%2e/package.json', '%2e%2e%2f%2e%2e%2fx', '..%2fx', '.%2e/x', '%2e', '.git', '%5c..%5cx', '%00', '%252e%252e/x']
/** Prefixes that the document does not have. */
const hidden = ['/docs/static/', '/docs/']
const otherMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']
const conditions = ['*', '"x"', 'W/"x"', '"', 'Thu, 01 Jan 1970 00:00:00 GMT', 'Fri, 31 Dec 2100 23:59:59 GMT', 'bytes 0-1/2', 'bytes 5-1/*', 'bytes=0-', 'gzip', 'identity', 'x, gzip', 'sha-256=:AA==:']
const hosts = ['', 'a b', 'http://x/', 'a,b', 'user@x', '[::1', 'x:99999', 'lab.example:80', '[::1]:1']
const expectations = ['100-continue', '100-Continue', '100-continue, 100-continue', '100-continue, more', 'more', '']
// What a client can put on the wire in a header at all.
const headerText = hostileText.map(text => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '').slice(0, 2_000))

/** Operations of a document, with the methods that it has. */
export const operationsOf = (document: Document): Operation[] => Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => ({ method: method.toUpperCase(), path, parameters, body: requestBody?.content, responses })))

export function createRequests (document: Document): fc.Arbitrary<Sent> {
  const { valid } = createValues(ref => ref.split('/').slice(1).reduce<any>((node, part) => node[part], document) as Schema)

  const parameterValue = (path: string, { name, schema }: Parameter): fc.Arbitrary<Value> => {
    const allowed = valid(schema).map(value => ({ text: asText(value) }))
    return isKnowable(name) ? fc.oneof({ weight: 4, arbitrary: known(poolOf(path, name)) }, { weight: 1, arbitrary: allowed }) : allowed
  }

  /** Members that can be known get what leads somewhere half of the time; a marker stands for it until it is sent. */
  const withKnown = (body: unknown, nths: number[]): unknown => {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
    return Object.fromEntries(Object.entries(body).map(([name, value], i) => {
      const nth = nths[i % nths.length]!
      return [name, typeof value === 'string' && isKnowable(name) && nth % 2 === 0 ? { known: name, nth } : value]
    }))
  }

  const uploads = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map(bytes => ({ type: 'application/octet-stream', content: Buffer.from(bytes) })),
    fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.stringMatching(/^[a-z]{1,8}$/), hostileJson).map(([bytes, id, metadata]) => {
      const part = (head: string, content: Buffer | string): Buffer => Buffer.concat([Buffer.from(`--fuzz\r\ncontent-disposition: form-data; ${head}\r\n\r\n`), Buffer.from(content), Buffer.from('\r\n')])
      return {
        type: 'multipart/form-data; boundary=fuzz',
        content: Buffer.concat([part('name="id"', id), part('name="metadata"', JSON.stringify(metadata) ?? ''), part(`name="file"; filename="${id}.jpg"`, Buffer.from(bytes)), Buffer.from('--fuzz--\r\n')])
      }
    }),
    fc.uint8Array({ maxLength: 100 }).map(bytes => ({ type: 'application/zip', content: Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.from(bytes)]) }))
  )

  const bodyOf = ({ method, body }: Operation): fc.Arbitrary<Sent['body']> => {
    if (!body) return method === 'GET' || method === 'DELETE' || method === 'HEAD' ? fc.constant(undefined) : fc.option(uploads, { nil: undefined })
    return fc.oneof(...Object.entries(body).map(([type, { schema = {} }]) =>
      fc.tuple(valid(schema), fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 5 })).map(([content, nths]) => ({ type, content: withKnown(content, nths) }))))
  }

  const right = (operation: Operation): fc.Arbitrary<Sent> => {
    const inPath = operation.parameters.filter(parameter => parameter.in === 'path')
    const others = operation.parameters.filter(parameter => parameter.in !== 'path')
    return fc.record({
      operation: fc.constant(operation),
      caller: fc.constantFrom(...callers, 'user' as const, 'admin' as const, 'machine' as const),
      path: fc.record(Object.fromEntries(inPath.map(parameter => [parameter.name, parameterValue(operation.path, parameter)]))),
      given: fc.tuple(...others.map(parameter => parameter.required ? parameterValue(operation.path, parameter) : fc.option(parameterValue(operation.path, parameter), { freq: 2 }))),
      body: bodyOf(operation)
    }).map(({ given, ...sent }) => {
      const pairs = others.map(({ name, in: place }, i) => ({ name, place, value: given[i]! })).filter(({ value }) => value !== null)
      return {
        ...sent,
        query: pairs.filter(({ place }) => place === 'query').map(({ name, value }): [string, Value] => [name, value]),
        headers: pairs.filter(({ place }) => place === 'header').map(({ name, value }): [string, string] => [name, 'text' in value ? value.text : 'x'])
      }
    })
  }

  /** Changes of which each makes a request wrong in one place, or in none by chance. */
  const fault: fc.Arbitrary<(sent: Sent) => Sent> = fc.oneof(
    fc.tuple(fc.nat({ max: 20 }), hostileJson).map(([nth, value]) => (sent: Sent): Sent => changeBody(sent, (entries) => entries.map((entry, i) => i === nth % entries.length ? [entry[0], value] : entry))),
    fc.nat({ max: 20 }).map(nth => (sent: Sent): Sent => changeBody(sent, entries => entries.filter((_, i) => i !== nth % entries.length))),
    fc.tuple(hostileText, hostileJson).map(([name, value]) => (sent: Sent): Sent => changeBody(sent, entries => [...entries, [name, value]])),
    hostileText.map(text => (sent: Sent): Sent => ({ ...sent, path: Object.fromEntries(Object.keys(sent.path).map(name => [name, { text }])) })),
    rawSegments.map(raw => (sent: Sent): Sent => ({ ...sent, path: Object.fromEntries(Object.keys(sent.path).map(name => [name, { raw }])) })),
    fc.tuple(hostileText, hostileText).map(([name, text]) => (sent: Sent): Sent => ({ ...sent, query: [...sent.query, [sent.query[0]?.[0] ?? name, { text }]] })),
    fc.tuple(fc.constantFrom('if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range', 'range', 'content-digest', 'content-range', 'content-encoding', 'content-language', 'content-location', 'content-disposition', 'idempotency-key', 'origin', 'x-forwarded-for', 'cookie', 'accept', 'x-csrf-token', 'dpop', 'x-file-path', 'authorization'), fc.oneof(headerText, fc.constantFrom(...conditions)))
      .map(([name, value]) => withHeader(name, value)),
    fc.oneof(fc.oneof(fc.constantFrom(...hosts), headerText).map(value => withHeader('host', value)), fc.constantFrom(...expectations).map(value => withHeader('expect', value)))
  )

  const spoilt: fc.Arbitrary<(sent: Sent) => Sent> = fc.tuple(
    fc.constantFrom('application/json', 'application/x-www-form-urlencoded', 'application/octet-stream', 'multipart/form-data; boundary=x', 'multipart/form-data', 'text/plain', 'application/zip', 'nonsense', ''),
    fc.oneof(hostileJson, fc.uint8Array({ maxLength: 500 }).map(bytes => Buffer.from(bytes)), hostileText.map(text => Buffer.from(text)))
  ).map(([type, content]) => (sent: Sent): Sent => sent.operation.method === 'GET' || sent.operation.method === 'HEAD' ? sent : { ...sent, body: { type, content } })

  const of = (operation: Operation): fc.Arbitrary<Sent> => fc.oneof(
    { weight: 5, arbitrary: right(operation) },
    { weight: 3, arbitrary: fc.tuple(right(operation), fault).map(([sent, change]) => change(sent)) },
    { weight: 2, arbitrary: fc.tuple(right(operation), spoilt, fault, fault).map(([sent, ...changes]) => changes.reduce((one, change) => change(one), sent)) }
  )
  const climbing = [...new Set([...Object.keys(document.paths).map(path => path.replace(/\{.*$/, '').replace(/\/?$/, '/')), ...hidden])]
    .map((prefix): Operation => ({ method: 'GET', path: `${prefix}{climb}`, parameters: [], body: undefined, responses: {}, stray: true }))
  const lost = fc.tuple(fc.constantFrom(...climbing).chain(right), fc.constantFrom(...climbs), fc.constantFrom(...otherMethods))
    .map(([sent, raw, method]): Sent => ({ ...sent, operation: { ...sent.operation, method }, path: { climb: { raw } } }))
  const otherwise = fc.constantFrom(...operationsOf(document)).chain(operation => fc.tuple(right(operation), fc.constantFrom(...otherMethods.filter(method => !(method.toLowerCase() in document.paths[operation.path]!)))))
    .map(([sent, method]): Sent => ({ ...sent, operation: { ...sent.operation, method, stray: true } }))
  return fc.oneof(...operationsOf(document).map(operation => ({ weight: 1, arbitrary: of(operation) })), { weight: 8, arbitrary: lost }, { weight: 8, arbitrary: otherwise })
}

const withHeader = (name: string, value: string) => (sent: Sent): Sent => ({ ...sent, headers: [...sent.headers.filter(([other]) => other !== name), [name, value]] })

type Entries = Array<[name: string, value: unknown]>

function changeBody (sent: Sent, change: (entries: Entries) => Entries): Sent {
  const { body } = sent
  if (!body || typeof body.content !== 'object' || body.content === null || Buffer.isBuffer(body.content) || Array.isArray(body.content)) return sent
  return { ...sent, body: { ...body, content: Object.fromEntries(change(Object.entries(body.content))) } }
}
