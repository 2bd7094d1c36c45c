import type { Account } from '../accounts/account.js'
import { findAdmins } from '../accounts/first-admin.js'
import type { AccountStore } from '../accounts/store.js'
import { fail } from '../errors.js'

/** The account that everybody is while nobody is asked: `admin`, or the first admin there is. */
export type TheAdmin = () => Promise<Account>

/** @throws `overloaded` in the moment of a first start before there is one */
export const createTheAdmin = (store: Pick<AccountStore, 'byUsername' | 'list'>): TheAdmin => async () => {
  const account = await store.byUsername('admin')
  if (account?.active && account.roles.includes('admin')) return account
  const [other] = await findAdmins(store)
  return other ?? fail('overloaded', { retryAfter: 1 })
}
