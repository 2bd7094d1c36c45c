import type { Account } from '../accounts/account.js'
import { fail } from '../errors.js'

export const isAdmin = ({ roles }: Account): boolean => roles.includes('admin')

/** @throws `not_permitted`, whether or not there is such a group */
export function onlyAdmins (caller: Account): void {
  if (!isAdmin(caller)) fail('not_permitted')
}

/** @throws `group_not_found`: to strangers a group looks as if it were not there */
export function onlyInside (caller: Account, group: string): void {
  if (!isAdmin(caller) && !caller.groups.includes(group)) fail('group_not_found')
}
