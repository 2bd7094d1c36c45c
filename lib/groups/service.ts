import type { Account } from '../accounts/account.js'
import type { AccountStore } from '../accounts/store.js'
import { fail } from '../errors.js'
import type { AuthEvent, Report } from '../events.js'
import { fromCursor, toCursor } from '../http/cursor.js'
import { presentGroup, type StoredGroup } from './group.js'
import { createMembers } from './members.js'
import { isAdmin, onlyAdmins, onlyInside } from './rights.js'
import type { Group } from './schema.js'
import type { GroupStore } from './store.js'

export interface NewGroup { name: string, description?: string | null }

/** Admins manage all groups; a member sees its groups, and adds and removes members of them. */
export interface Groups {
  list: (caller: Account, limit: number, cursor: string | undefined) => Promise<{ items: Group[], next: string | null }>
  /** @throws `group_not_found` */
  get: (caller: Account, name: string) => Promise<Group>
  /** @throws `not_permitted`, `group_exists` */
  create: (caller: Account, group: NewGroup) => Promise<Group>
  /** Takes everybody off a group and removes it. @throws `not_permitted`, `group_not_found` */
  remove: (caller: Account, name: string) => Promise<void>
  /** @throws `group_not_found`, `user_not_found` */
  addMember: (caller: Account, name: string, username: string) => Promise<void>
  /** @throws `group_not_found`, `user_not_found` */
  removeMember: (caller: Account, name: string, username: string) => Promise<void>
  /** Whether all of these groups exist. */
  exists: (names: string[]) => Promise<boolean>
  /** Takes a group over from elsewhere. @returns the user names that belong to no account here, or null if there is such a group */
  adopt: (group: StoredGroup, members: string[]) => Promise<string[] | null>
}

interface Parts { store: GroupStore, accounts: AccountStore, randomId: () => string, now: () => number, report: Report }

type GroupChange = Extract<AuthEvent, { type: 'group_changed' }>['change']

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

export function createGroups ({ store, accounts, randomId, now, report }: Parts): Groups {
  const members = createMembers({ store, accounts })

  const tell = (group: string, user: string | null, change: GroupChange): void => report({ type: 'group_changed', group, user, change })

  const known = async (name: string): Promise<StoredGroup> => await store.byName(name) ?? fail('group_not_found')

  const idOf = async (username: string): Promise<string | undefined> => (await accounts.byUsername(username.toLowerCase()))?.id

  /** Empty also of those whom an addition, cut short by a crash, left in a former group of that name. */
  const make = async (group: StoredGroup): Promise<boolean> => {
    const term = randomId()
    if (!await store.create(group, term)) return false
    await members.clear(group.name)
    await store.open(group.name, term)
    tell(group.name, null, 'created')
    return true
  }

  /** @returns whether there is such an account */
  const add = async (name: string, username: string): Promise<boolean> => {
    const user = await idOf(username)
    const outcome = user === undefined ? 'missing' : await members.add(name, user)
    if (outcome === 'closed') return fail('group_not_found')
    if (outcome === 'changed') tell(name, user!, 'member_added')
    return outcome !== 'missing'
  }

  const load = async (names: string[]): Promise<Group[]> => {
    const [groups, inEach] = await Promise.all([Promise.all(names.map(store.byName)), members.of(names)])
    return groups.flatMap((group, index) => group ? [presentGroup(group, inEach[index]!)] : [])
  }

  return {
    list: async (caller, limit, cursor) => {
      const after = cursor === undefined ? undefined : fromCursor(cursor, NAME)
      const names = isAdmin(caller) ? await store.names(limit + 1, after) : caller.groups.filter(name => after === undefined || name > after).sort()
      const page = names.slice(0, limit)
      return { items: await load(page), next: names.length > limit ? toCursor(page.at(-1)!) : null }
    },

    get: async (caller, name) => {
      onlyInside(caller, name)
      const [group] = await load([name])
      return group ?? fail('group_not_found')
    },

    create: async (caller, { name, description = null }) => {
      onlyAdmins(caller)
      const group = { name, description, created: now(), createdBy: caller.username }
      if (!await make(group)) return fail('group_exists')
      return presentGroup(group, [])
    },

    remove: async (caller, name) => {
      onlyAdmins(caller)
      await known(name)
      // Closed first, so that nobody joins behind the back; after a crash it is still there to be deleted.
      await store.close(name)
      await members.clear(name)
      await store.remove(name)
      tell(name, null, 'deleted')
    },

    addMember: async (caller, name, username) => {
      onlyInside(caller, name)
      await known(name)
      if (!await add(name, username)) fail('user_not_found')
    },

    removeMember: async (caller, name, username) => {
      onlyInside(caller, name)
      await known(name)
      const user = await idOf(username) ?? fail('user_not_found')
      if (await accounts.leave(user, name) === 'changed') tell(name, user, 'member_removed')
    },

    exists: async names => (await Promise.all(names.map(store.term))).every(term => term !== undefined),

    adopt: async (group, usernames) => {
      if (!await make(group)) return null
      const unknown: string[] = []
      for (const username of usernames) if (!await add(group.name, username)) unknown.push(username)
      return unknown
    }
  }
}
