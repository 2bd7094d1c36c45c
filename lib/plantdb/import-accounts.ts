import type { Passwords } from '../accounts/passwords.js'
import type { Accounts } from '../accounts/service.js'
import type { Groups } from '../groups/service.js'
import { judgeGroup, type JudgedGroup } from './group-entry.js'
import { UnusableFile, isObject, readJson } from './read-json.js'
import { judgeUsers, type Judged } from './user-entry.js'

/** How many were taken over, and a line for each thing that was not taken as it stands. */
export interface Imported { accounts: number, groups: number, notes: string[] }

interface Parts {
  /** Where `users.json` and `groups.json` are. */
  folder: string
  accounts: Pick<Accounts, 'adopt'>
  groups: Pick<Groups, 'adopt'>
  passwords: Pick<Passwords, 'verify'>
  now: () => number
}

/**
 * Takes over the accounts and groups of a PlantDB database, with their passwords. What is here already stays
 * as it is, so that repeating it changes nothing.
 * @throws UnusableFile before anything is changed
 */
export async function importAccounts ({ folder, accounts, groups, passwords, now }: Parts): Promise<Imported> {
  const [userEntries, groupEntries] = await readFiles(folder)
  const users = await Promise.all(judgeUsers(userEntries, now()).map(user => withoutDefaultPassword(user, passwords)))
  const teams = Object.entries(groupEntries).map(entry => judgeGroup(entry, now()))

  const takeUser = async ({ account, notes }: Judged): Promise<Taken> => {
    if (!account) return { taken: false, notes }
    if (await accounts.adopt(account)) return { taken: true, notes }
    return { taken: false, notes: [`${account.username}: not taken over, the name belongs to an account here, or did once`] }
  }

  const takeGroup = async ({ group, members, notes }: JudgedGroup): Promise<Taken> => {
    if (!group) return { taken: false, notes }
    const unknown = await groups.adopt(group, members)
    if (!unknown) return { taken: false, notes: [`group ${group.name}: not taken over, there is a group of that name here`] }
    return { taken: true, notes: [...notes, ...unknown.map(user => `group ${group.name}: without ${user}, who has no account here`)] }
  }

  const takenUsers = await inTurn(users, takeUser)
  const takenGroups = await inTurn(teams, takeGroup)
  return {
    accounts: takenUsers.filter(({ taken }) => taken).length,
    groups: takenGroups.filter(({ taken }) => taken).length,
    notes: [...takenUsers, ...takenGroups].flatMap(({ notes }) => notes)
  }
}

interface Taken { taken: boolean, notes: string[] }

async function inTurn<T> (items: T[], take: (item: T) => Promise<Taken>): Promise<Taken[]> {
  const results: Taken[] = []
  for (const item of items) results.push(await take(item))
  return results
}

async function readFiles (folder: string): Promise<[unknown[], Record<string, unknown>]> {
  const users = await readJson(folder, 'users.json')
  if (!Array.isArray(users)) throw new UnusableFile('users.json is not a list of accounts.')
  const groups = await readJson(folder, 'groups.json')
  if (!isObject(groups)) throw new UnusableFile('groups.json is not an object of groups.')
  return [users, groups]
}

/** PlantDB makes `admin` with the password `admin`: whoever reads its source could sign in. */
async function withoutDefaultPassword (judged: Judged, passwords: Parts['passwords']): Promise<Judged> {
  const { account } = judged
  if (account?.username !== 'admin' || await passwords.verify(account.hash, 'admin') === 'none') return judged
  return { account: null, notes: ['admin: not taken over, its password is the default one of PlantDB, admin'] }
}
