import type { UserPrincipal } from '../access/authorize.js'
import type { Account } from './account.js'
import type { User } from './schema.js'
import type { UserPatch } from './changes.js'
import type { Accounts } from './service.js'

/** Changes the own account. @throws `fresh_authentication_required` for another e-mail address */
export type UpdateProfile = (principal: UserPrincipal, patch: Pick<UserPatch, 'fullname' | 'email'>) => Promise<User>

interface Parts {
  accounts: Pick<Accounts, 'update'>
  /** Gets an account that has another address now. */
  emailChanged: (before: Account, after: User) => void
  /** @throws `fresh_authentication_required` */
  requireRecentAuth: (principal: UserPrincipal) => void
}

export const createUpdateProfile = ({ accounts, emailChanged, requireRecentAuth }: Parts): UpdateProfile => async (principal, patch) => {
  const { account } = principal
  const isOther = patch.email !== undefined && patch.email !== account.email
  // A lost password is replaced by mail.
  if (isOther) requireRecentAuth(principal)
  const user = await accounts.update(account.id, patch)
  if (isOther) emailChanged(account, user)
  return user
}
