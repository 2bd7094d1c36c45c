import { isFresh } from '../access/freshness.js'
import type { UserPrincipal } from '../access/authorize.js'
import { fail } from '../errors.js'
import type { Account } from './account.js'
import type { User } from './schema.js'
import type { UserPatch } from './changes.js'
import type { Accounts } from './service.js'

/** How recently somebody must have proved who they are to change the address by which a lost password is replaced (seconds). */
const FRESH = 900

/** Changes the own account. @throws `fresh_authentication_required` for another e-mail address */
export type UpdateProfile = (principal: UserPrincipal, patch: Pick<UserPatch, 'fullname' | 'email'>) => Promise<User>

interface Parts {
  accounts: Pick<Accounts, 'update'>
  /** Gets an account that has another address now. */
  emailChanged: (before: Account, after: User) => void
  now: () => number
  /** How far clocks may differ, in seconds. */
  leeway: number
}

export const createUpdateProfile = ({ accounts, emailChanged, now, leeway }: Parts): UpdateProfile => async (principal, patch) => {
  const { account } = principal
  const isOther = patch.email !== undefined && patch.email !== account.email
  if (isOther && !isFresh(FRESH, principal, { now: now() / 1000, leeway })) return fail('fresh_authentication_required', { maxAge: FRESH })
  const user = await accounts.update(account.id, patch)
  if (isOther) emailChanged(account, user)
  return user
}
