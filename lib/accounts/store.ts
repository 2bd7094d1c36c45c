import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { defineScript, fieldsOf } from '../redis/script.js'
import { sharedScript } from '../sessions/store.js'
import { accountFrom, fieldsFrom, type Account } from './account.js'

/** A change of an account, and which of its sessions may not outlive it. */
export interface Change {
  members: Partial<Account>
  /** The password hash that the account must still have. */
  ifPassword?: string
  ends?: { which: 'others' | 'all', spared?: string, reason: string }
}

export interface Updated { outcome: 'updated', account: Account, ended: string[] }
export type Changed = Updated | { outcome: 'missing' } | { outcome: 'stale' }

/** Some accounts; `last` is the name after which the next page begins, undefined if there is none. */
export interface AccountPage { accounts: Account[], last: string | undefined }

/**
 * The accounts.
 *
 * Callers rely on: a user name belongs to one account for ever, also after that account was deleted. A
 * change and the end of the sessions that it concerns are one atomic call. `releaseAdmin` lets go of all
 * admins but one, whoever calls at the same moment. A name whose account was lost can be created again.
 */
export interface AccountStore {
  /** @returns the new account's id, or null if the name is taken */
  create: (account: Account) => Promise<string | null>
  byId: (id: string) => Promise<Account | undefined>
  byUsername: (username: string) => Promise<Account | undefined>
  /** Accounts in the order of their names, those after `after`. */
  list: (limit: number, after?: string) => Promise<AccountPage>
  update: (id: string, change: Change) => Promise<Changed>
  /** Deletes the account; its name stays taken. */
  remove: (id: string, username: string) => Promise<Changed>
  addAdmin: (id: string) => Promise<void>
  /** Takes an account off the active admins. @returns false if it is the last one */
  releaseAdmin: (id: string) => Promise<boolean>
  hasAdmin: () => Promise<boolean>
  /** Lets one of several starting replicas make the first admin. @returns whether it is this one */
  claimFirstAdmin: () => Promise<boolean>
}

const script = (file: string): URL => new URL(`./lua/${file}.lua`, import.meta.url)

const FIRST_ADMIN_CLAIM_MS = 10_000

const EVERYTHING = '\x7f'

/** The account store in Redis. */
export function createAccountStore ({ redis, names, skew }: { redis: RedisClient, names: KeyNames, skew: () => number }): AccountStore {
  const create = defineScript(redis, sharedScript, script('create'))
  const update = defineScript(redis, sharedScript, script('update'))
  const releaseAdmin = defineScript(redis, script('release-admin'))

  const byId = async (id: string): Promise<Account | undefined> => {
    const fields = await redis.hgetall(`${names.user(id)}:user`)
    return fields.id === undefined || fields.deleted !== undefined ? undefined : accountFrom(fields)
  }

  const change = async (id: string, password: string, ends: Change['ends'], mode: '' | 'delete', fields: Record<string, string>): Promise<Changed> => {
    const [outcome, user, ended] = await update(names.user(id), skew(), password, ends?.which ?? 'none', ends?.spared ?? '',
      ends?.reason ?? '', mode, ...Object.entries(fields).flat()) as [string, string[], string[]]
    if (outcome !== 'updated') return { outcome: outcome === 'missing' ? 'missing' : 'stale' }
    return { outcome, account: accountFrom(fieldsOf(user)), ended }
  }

  return {
    create: async account => {
      await redis.set(names.username(account.username), account.id, 'NX')
      // The name may stand for an account that was lost, or that another caller is creating right now.
      const id = await redis.get(names.username(account.username)) ?? account.id
      const created = await create(names.user(id), skew(), ...Object.entries(fieldsFrom({ ...account, id })).flat())
      const exists = created === 1 || await byId(id) !== undefined
      if (exists) await redis.zadd(names.usernames, 0, `${account.username}:${id}`)
      return created === 1 ? id : null
    },
    byId,
    byUsername: async username => {
      const id = await redis.get(names.username(username))
      return id === null ? undefined : await byId(id)
    },
    list: async (limit, after) => {
      const from = after === undefined ? '-' : `(${after}:${EVERYTHING}`
      const members = await redis.zrange(names.usernames, from, '+', 'BYLEX', 'LIMIT', 0, limit + 1)
      const entries = members.slice(0, limit).map(member => member.split(':'))
      const found = await Promise.all(entries.map(([, id = '']) => byId(id)))
      return {
        accounts: found.filter(account => account !== undefined),
        last: members.length > limit ? entries.at(-1)?.[0] : undefined
      }
    },
    update: (id, { members, ifPassword = '', ends }) => change(id, ifPassword, ends, '', fieldsFrom(members)),
    remove: async (id, username) => {
      const removed = await change(id, '', { which: 'all', reason: 'deleted' }, 'delete', { id, username, deleted: '1' })
      await redis.zrem(names.usernames, `${username}:${id}`)
      return removed
    },
    addAdmin: async id => { await redis.sadd(names.admins, id) },
    releaseAdmin: async id => await releaseAdmin(names.admins, id) === 1,
    hasAdmin: async () => await redis.exists(names.admins) === 1,
    claimFirstAdmin: async () => await redis.set(`${names.admins}:claim`, '1', 'PX', FIRST_ADMIN_CLAIM_MS, 'NX') === 'OK'
  }
}
