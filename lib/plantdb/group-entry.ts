import { Value } from '@sinclair/typebox/value'
import { Username } from '../accounts/schema.js'
import type { StoredGroup } from '../groups/group.js'
import { Description, GroupName } from '../groups/schema.js'
import { isObject, shown, timeOf } from './read-json.js'

/** What becomes of an entry of `groups.json`: a group and the user names in it or null, and what an operator should know. */
export interface JudgedGroup { group: StoredGroup | null, members: string[], notes: string[] }

const skip = (note: string): JudgedGroup => ({ group: null, members: [], notes: [note] })

const isName = (value: unknown): value is string => Value.Check(Username, value)

/** @param now stands in for a time that cannot be read, in milliseconds */
export function judgeGroup ([name, entry]: [string, unknown], now: number): JudgedGroup {
  if (!Value.Check(GroupName, name)) return skip(`group ${shown(name)}: not taken over, that is no name of a group here`)
  if (!isObject(entry) || !Array.isArray(entry.users)) return skip(`group ${name}: not taken over, its entry has no list of users`)
  const users = entry.users as unknown[]
  const { description = null, created_by: creator } = entry
  const created = timeOf(entry.created_at)
  const described = description === null || Value.Check(Description, description)
  return {
    group: { name, description: described ? description : null, created: created ?? now, createdBy: isName(creator) ? creator.toLowerCase() : null },
    members: users.filter(isName),
    notes: [
      ...users.filter(user => !isName(user)).map(user => `group ${name}: without ${shown(user)}, that is no user name here`),
      ...described ? [] : [`group ${name}: its description cannot be used`],
      ...created === undefined ? [`group ${name}: created now, because created_at cannot be read`] : []
    ]
  }
}
