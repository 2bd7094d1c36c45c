import { Type, type Static } from '@sinclair/typebox'
import { Nullable, Page, PageQuery, Time, Words, ref } from '../http/schema.js'
import { actionNames, kinds } from './actions.js'

/** Something that happened. */
export const AuditEvent = Type.Object({
  id: Type.String(),
  time: Time,
  action: Type.String(),
  user: Nullable(Type.String({ description: 'Id of the account that it concerns; null for none that is known' })),
  by: Nullable(Type.String({ description: 'Id of the account that did it, `operator` for the command line, `system` for the service; null for somebody who was not signed in' })),
  session: Nullable(Type.String()),
  result: Words(['success', 'failure']),
  reason: Nullable(Type.String()),
  device: Type.Unsafe<{ ip: string, user_agent: string | null, label: string | null } | null>({
    type: ['object', 'null'],
    properties: { ip: Type.String(), user_agent: Nullable(Type.String()), label: Nullable(Type.String()) },
    description: 'Where it was done; null if that is not known, cannot be read any more, or is somebody else\'s'
  }),
  details: Type.Record(Type.String(), Type.Unknown())
}, { $id: 'AuditEvent' })
export type AuditEvent = Static<typeof AuditEvent>

export const AuditQuery = Type.Object({
  ...PageQuery.properties,
  user: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Id of the account that it concerns' })),
  action: Type.Optional(Words(actionNames)),
  kind: Type.Optional(Words(kinds, { description: '`errors` are the service\'s own, for admins; without it all others' })),
  since: Type.Optional(Type.String({ format: 'date-time' })),
  until: Type.Optional(Type.String({ format: 'date-time', description: 'Only what happened before' }))
}, { additionalProperties: false })
export type AuditQuery = Static<typeof AuditQuery>

export const AuditList = Page(ref(AuditEvent))
