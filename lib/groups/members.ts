import type { Account } from '../accounts/account.js'
import type { AccountStore } from '../accounts/store.js'
import type { GroupStore } from './store.js'

type Accounts = Pick<AccountStore, 'byId' | 'join' | 'leave'>

/**
 * Who is a member of which group. It stands with the account, which every call of the API looks at anyhow;
 * no Redis call can change that and a key of the group at once. So the steps are in an order in which a crash
 * between two of them leaves a candidate without a right, but never a right that the group does not show.
 * Where a deletion overtakes an addition that then crashes, the next group of that name begins by undoing it.
 */
export interface Members {
  /** @returns `closed` if there is no such group any more */
  add: (group: string, user: string) => Promise<'changed' | 'same' | 'missing' | 'closed'>
  /** Takes everybody off a group that is closed. */
  clear: (group: string) => Promise<void>
  /** The user names in each of these groups, in their order. */
  of: (groups: string[]) => Promise<string[][]>
}

export function createMembers ({ store, accounts }: { store: GroupStore, accounts: Accounts }): Members {
  return {
    add: async (group, user) => {
      const term = await store.term(group)
      if (term === undefined) return 'closed'
      await store.addCandidate(group, user)
      const outcome = await accounts.join(user, group)
      // Whoever deleted the group meanwhile may have looked for its members too early to see this one.
      if (await store.term(group) === term) return outcome
      await accounts.leave(user, group)
      return 'closed'
    },
    clear: async group => {
      await Promise.all((await store.candidates(group)).map(user => accounts.leave(user, group)))
    },
    of: async groups => {
      const candidates = await Promise.all(groups.map(store.candidates))
      const ids = [...new Set(candidates.flat())]
      const found = new Map<string, Account | undefined>(await Promise.all(ids.map(async id => [id, await accounts.byId(id)] as const)))
      return groups.map((group, index) => candidates[index]!
        .map(id => found.get(id))
        .filter(account => account?.groups.includes(group))
        .map(account => account!.username)
        .sort())
    }
  }
}
