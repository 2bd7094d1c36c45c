import { Type, type Static } from '@sinclair/typebox'
import { roles } from '../access/scopes.js'
import { Nullable, Page, Time, Words, ref } from '../http/schema.js'

/** User names are lower-cased before they are looked at; scans on disk name their owner by one. */
export const Username = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$', description: 'Lower-cased at creation and login' })
export const Password = Type.String({ minLength: 1, maxLength: 1024 })
export const Fullname = Type.String({ pattern: '\\S', maxLength: 200 })
/** Whatever somebody may type where a user name is asked for; what is none is refused like a wrong password. */
export const LoginName = Type.String({ minLength: 1, maxLength: 254 })
export const Email = Type.String({ format: 'email', maxLength: 254 })
export const Roles = Type.Array(Words(roles), { uniqueItems: true })
export const UserId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })

/** An account, without anything secret. */
export const User = Type.Object({
  id: UserId,
  username: Type.String(),
  fullname: Type.String(),
  roles: Roles,
  groups: Type.Array(Type.String()),
  active: Type.Boolean(),
  verified: Type.Boolean(),
  email: Nullable(Type.String()),
  created: Time,
  last_login: Nullable(Time)
}, { $id: 'User' })
export type User = Static<typeof User>

export const UserList = Page(ref(User))
