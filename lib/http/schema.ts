import { Type, type Static, type TSchema } from '@sinclair/typebox'
import { STATUS_CODES } from 'node:http'

/** A scalar or null. A type list serializes several times as fast as a union of schemas. */
export const Nullable = <T extends TSchema>(schema: T) => Type.Unsafe<Static<T> | null>({
  ...schema, type: [schema.type, 'null'], ...(Array.isArray(schema.enum) ? { enum: [...schema.enum as unknown[], null] } : {})
})

/** One of a few words. */
export const Words = <const T extends string>(words: readonly T[], options: object = {}) =>
  Type.Unsafe<T>({ type: 'string', enum: [...words], ...options })

/** A noun by its name, so that it stands once in the OpenAPI document. */
export const ref = <T extends TSchema>(noun: T) => Type.Unsafe<Static<T>>({ $ref: `${noun.$id}#` })

/** No body, where the status is not 204. */
export const Nothing = Type.Unsafe<undefined>({ type: 'null' })

/** A client has already what it asks for, and is sent nothing (RFC 9110 section 15.4.5). */
export const NotModified = Type.Unsafe<undefined>({ type: 'null', description: 'Not Modified' })

/** RFC 3339, UTC. */
export const Time = Type.String({ format: 'date-time' })

/** Query of every list. */
export const PageQuery = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 50 }),
  cursor: Type.Optional(Type.String({ maxLength: 512 }))
}, { additionalProperties: false })
export type PageQuery = Static<typeof PageQuery>

/** One page of a list; `next` is the cursor of the following one. */
export const Page = <T extends TSchema>(item: T) => Type.Object({ items: Type.Array(item), next: Nullable(Type.String()) })

/** Preconditions of a write (RFC 9110 section 13.1). */
export const WriteConditions = Type.Object({
  'if-match': Type.Optional(Type.String({ description: 'Entity tags of which one must still be right, or `*`; else 412' })),
  'if-none-match': Type.Optional(Type.String({ description: '`*`: nothing must be there yet; else 412' })),
  'if-unmodified-since': Type.Optional(Type.String({ description: 'Counts without `If-Match` only; else 412' }))
})

/** Preconditions of a read. */
export const ReadConditions = Type.Object({
  'if-match': Type.Optional(Type.String({ description: 'Entity tags of which one must still be right; else 412' })),
  'if-none-match': Type.Optional(Type.String({ description: 'Entity tags that are known; then 304' })),
  'if-modified-since': Type.Optional(Type.String({ description: 'Counts without `If-None-Match` only; else 304' })),
  'if-unmodified-since': Type.Optional(Type.String({ description: 'Counts without `If-Match` only; else 412' }))
})

/** RFC 9457, with `code` for programs and `message` for PlantDB's clients. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  code: Type.String(),
  message: Type.String(),
  request_id: Type.String(),
  error: Type.Optional(Type.String({ description: 'The same as `message`, on routes where PlantDB has it so' })),
  errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
  next_eligible_at: Type.Optional(Type.String({ format: 'date-time', description: 'Where an API token was refused: when the next one may be issued' }))
}, { $id: 'Problem' })
export type Problem = Static<typeof Problem>

/** The answers of a route that are problem documents, by status. */
export const refusals = <const T extends number>(...statuses: T[]) => Object.fromEntries(statuses.map(status =>
  [status, { description: STATUS_CODES[status] ?? '', content: { 'application/problem+json': { schema: ref(Problem) } } }])) as Record<T, object>

/** The answers of a route that are bytes of any type, by status; the first may also be one of other types. */
export const bytes = (whole: number, part: number, others: Record<string, TSchema> = {}): Record<number, object> => {
  const any = { '*/*': { schema: Type.String({ format: 'binary' }) } }
  return {
    [whole]: { description: 'The content', content: { ...Object.fromEntries(Object.entries(others).map(([type, schema]) => [type, { schema }])), ...any } },
    [part]: { description: 'The part that was asked for', content: any }
  }
}

/** RFC 6749 section 5.2. */
export const OAuthError = Type.Object({ error: Type.String(), error_description: Type.String() }, { $id: 'OAuthError' })
export type OAuthError = Static<typeof OAuthError>
