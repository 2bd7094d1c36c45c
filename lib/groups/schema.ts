import { Type, type Static } from '@sinclair/typebox'
import { Nullable, Page, Time, ref } from '../http/schema.js'

export const GroupName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$', description: 'Case-sensitive' })
export const Description = Type.String({ maxLength: 1000 })

/** Accounts that work together on data sets. */
export const Group = Type.Object({
  name: Type.String(),
  description: Nullable(Type.String()),
  members: Type.Array(Type.String(), { description: 'User names' }),
  created: Time,
  created_by: Nullable(Type.String({ description: 'A user name' }))
}, { $id: 'Group' })
export type Group = Static<typeof Group>

export const GroupList = Page(ref(Group))
