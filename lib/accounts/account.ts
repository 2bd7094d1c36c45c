import { roles, type Role } from '../access/scopes.js'
import type { Fields } from '../redis/script.js'
import type { User } from './schema.js'

/** An account as the store keeps it. Times are milliseconds since the epoch. */
export interface Account {
  id: string
  username: string
  fullname: string
  /** The Argon2 hash in PHC form. */
  password: string
  roles: Role[]
  active: boolean
  verified: boolean
  email: string | null
  created: number
  lastLogin: number | null
}

const known = new Set<string>(roles)

/** The roles in a stored list; names that this version does not know grant nothing. */
export const rolesFrom = (text: string): Role[] =>
  text.split(' ').filter((role): role is Role => known.has(role))

export const accountFrom = (fields: Fields): Account => ({
  id: fields.id ?? '',
  username: fields.username ?? '',
  fullname: fields.fullname ?? '',
  password: fields.password ?? '',
  roles: rolesFrom(fields.roles ?? ''),
  active: fields.active === '1',
  verified: fields.verified === '1',
  email: fields.email ? fields.email : null,
  created: Number(fields.created),
  lastLogin: fields.last_login ? Number(fields.last_login) : null
})

const flag = (value: boolean): string => value ? '1' : '0'

/** The changed members of an account as the fields that the store keeps. */
export const fieldsFrom = (change: Partial<Account>): Record<string, string> => Object.fromEntries(Object.entries({
  id: change.id,
  username: change.username,
  fullname: change.fullname,
  password: change.password,
  roles: change.roles?.join(' '),
  active: change.active === undefined ? undefined : flag(change.active),
  verified: change.verified === undefined ? undefined : flag(change.verified),
  email: change.email === undefined ? undefined : change.email ?? '',
  created: change.created?.toFixed(0)
}).filter((entry): entry is [string, string] => entry[1] !== undefined))

const time = (ms: number): string => new Date(ms).toISOString()

/** An account as clients see it. */
export const presentUser = (account: Account): User => ({
  id: account.id,
  username: account.username,
  fullname: account.fullname,
  roles: account.roles,
  groups: [],
  active: account.active,
  verified: account.verified,
  email: account.email,
  created: time(account.created),
  last_login: account.lastLogin === null ? null : time(account.lastLogin)
})
