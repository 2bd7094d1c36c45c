import { Value } from '@sinclair/typebox/value'
import { roles, type Role } from '../access/scopes.js'
import { Fullname, Username } from '../accounts/schema.js'
import type { ForeignAccount } from '../accounts/additions.js'
import { isReservedName } from '../accounts/reserved-names.js'
import { isUsableHash } from './argon2-hash.js'
import { membersOf, shown, timeOf } from './read-json.js'

/** What becomes of an entry of `users.json`: an account or null, and what an operator should know. */
export interface Judged { account: ForeignAccount | null, notes: string[] }

const skip = (note: string): Judged => ({ account: null, notes: [note] })

const listOf = (value: unknown): unknown[] => Array.isArray(value) ? value : []

/** @param now stands in for a time that cannot be read, in milliseconds */
export function judgeUser (entry: unknown, now: number): Judged {
  const { username, fullname, password_hash: hash, is_active: active = true, ...rest } = membersOf(entry)
  if (!Value.Check(Username, username)) return skip(`${shown(username)}: not taken over, that is no user name here`)
  const name = username.toLowerCase()
  if (name === 'guest') return skip('guest: not taken over, what guests may read is GUEST_ACCESS here')
  if (isReservedName(name)) return skip(`${name}: not taken over, the service uses that word, or one that looks like it, itself`)
  if (typeof hash !== 'string' || !isUsableHash(hash)) return skip(`${name}: not taken over, its password is no Argon2 hash that can be used here`)
  const given = listOf(rest.roles)
  const kept = roles.filter(role => given.includes(role))
  const created = timeOf(rest.created_at)
  const named = Value.Check(Fullname, fullname)
  return {
    account: { username: name, fullname: named ? fullname : name, hash, roles: kept, active: active === true, created: created ?? now },
    notes: [
      ...given.filter(role => !roles.includes(role as Role)).map(role => `${name}: without the role ${shown(role)}, which is unknown here`),
      ...kept.length > 0 ? [] : [`${name}: has no role and may do nothing until it is given one`],
      ...listOf(rest._extra_permissions).length > 0 ? [`${name}: without its extra permissions, only roles carry rights here`] : [],
      ...typeof active === 'boolean' ? [] : [`${name}: not active, because is_active is neither true nor false`],
      ...created === undefined ? [`${name}: created now, because created_at cannot be read`] : [],
      ...named ? [] : [`${name}: its full name cannot be used, the user name stands in`]
    ]
  }
}

/** Judges every entry; of two that fold to one name the first counts. */
export function judgeUsers (entries: unknown[], now: number): Judged[] {
  const taken = new Set<string>()
  return entries.map(entry => {
    const judged = judgeUser(entry, now)
    const name = judged.account?.username
    if (name === undefined) return judged
    if (taken.has(name)) return skip(`${name}: stands twice in users.json, only the first one counts`)
    taken.add(name)
    return judged
  })
}
