import { isRole, type Role } from '../access/scopes.js'
import type { Fields } from '../redis/script.js'
import { openStored } from '../sealing/seal.js'
import type { Sealing } from '../sealing/service.js'
import type { User } from './schema.js'

/** An account as the store keeps it. Times are milliseconds since the epoch. */
export interface Account {
  id: string
  username: string
  fullname: string
  /** The Argon2 hash in PHC form. */
  password: string
  roles: Role[]
  /** Names of the groups that the account is a member of. */
  groups: string[]
  active: boolean
  verified: boolean
  /** Null also if it cannot be read. */
  email: string | null
  created: number
  lastLogin: number | null
  /** When failed sign-ins were forgotten for it last; 0 for never. */
  unlocked: number
}

export const isActiveAdmin = (account: Pick<Account, 'roles' | 'active'>): boolean =>
  account.active && account.roles.includes('admin')

/** The roles in a stored list; names that this version does not know grant nothing. */
export const rolesFrom = (text: string): Role[] =>
  text.split(' ').filter(isRole)

export const accountFrom = (fields: Fields, sealing: Pick<Sealing, 'withSalt'>): Account => ({
  id: fields.id ?? '',
  username: fields.username ?? '',
  fullname: fields.fullname ?? '',
  password: fields.password ?? '',
  roles: rolesFrom(fields.roles ?? ''),
  groups: fields.groups ? fields.groups.split(' ') : [],
  active: fields.active === '1',
  verified: fields.verified === '1',
  // Opened when it is asked for: most calls look an account up and show nothing of it.
  get email () { return fields.email ? openStored(sealing.withSalt(this.id, fields.salt ?? '', fields.former), 'email', fields.email) : null },
  created: Number(fields.created),
  lastLogin: fields.last_login ? Number(fields.last_login) : null,
  unlocked: Number(fields.unlocked ?? 0)
})

const flag = (value: boolean): string => value ? '1' : '0'

/** The changed members of an account as the fields that the store keeps; an e-mail address is written by `emails.ts`. */
export const fieldsFrom = (change: Partial<Account>): Record<string, string> => Object.fromEntries(Object.entries({
  id: change.id,
  username: change.username,
  fullname: change.fullname,
  password: change.password,
  roles: change.roles?.join(' '),
  groups: change.groups?.join(' '),
  active: change.active === undefined ? undefined : flag(change.active),
  verified: change.verified === undefined ? undefined : flag(change.verified),
  created: change.created?.toFixed(0),
  unlocked: change.unlocked?.toFixed(0)
}).filter((entry): entry is [string, string] => entry[1] !== undefined))

const time = (ms: number): string => new Date(ms).toISOString()

/** An account as clients see it. */
export const presentUser = (account: Account): User => ({
  id: account.id,
  username: account.username,
  fullname: account.fullname,
  roles: account.roles,
  groups: account.groups.toSorted(),
  active: account.active,
  verified: account.verified,
  email: account.email,
  created: time(account.created),
  last_login: account.lastLogin === null ? null : time(account.lastLogin)
})
