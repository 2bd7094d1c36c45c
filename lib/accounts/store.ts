import type { Stamp } from '../audit/stamp.js'
import { auditScript } from '../audit/store.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { defineScript, fieldsOf } from '../redis/script.js'
import type { Sealing } from '../sealing/service.js'
import { sharedScript } from '../sessions/shared-script.js'
import { accountFrom, fieldsFrom, type Account } from './account.js'
import { createAdmins, type Admins } from './admins.js'
import { createEmails } from './emails.js'
import { createAccountReading, type AccountReading } from './reading.js'

/** A change of an account, and which of its sessions may not outlive it. */
export interface Change {
  members: Partial<Account>
  /** What the account must still have, else nothing changes. */
  provided?: Pick<Partial<Account>, 'password' | 'active'>
  ends?: { which: 'others' | 'all', spared?: string, reason: string }
}

export interface Updated { outcome: 'updated', account: Account, ended: string[] }
/** What became of a membership; `same` if it was so already. */
export type Membership = 'changed' | 'same' | 'missing'

export type Changed = Updated | { outcome: 'missing' } | { outcome: 'stale' }

/** An account that its owner makes, perhaps by an invitation. */
export interface Registered { invitation?: string }

/**
 * The accounts.
 *
 * Callers rely on: a user name belongs to one account for ever, also after that account was deleted. A
 * change and the end of the sessions that it concerns are one atomic call. Of two memberships that change at
 * the same moment both do. A name whose account was lost can be created again.
 */
export interface AccountStore extends AccountReading, Admins {
  /** @returns the new account's id, or null if the name is taken */
  create: (account: Account, registered?: Registered) => Promise<string | null>
  update: (id: string, change: Change) => Promise<Changed>
  /** Notes that the address with this keyed hash is verified. @returns false unless it is that of the account, which is active */
  confirmEmail: (id: string, hash: string) => Promise<boolean>
  /** Deletes the account; its name stays taken. */
  remove: (id: string, username: string) => Promise<Changed>
  /** Makes an account a member of a group. */
  join: (id: string, group: string) => Promise<Membership>
  leave: (id: string, group: string) => Promise<Membership>
}

const script = (file: string): URL => new URL(`./lua/${file}.lua`, import.meta.url)

interface Parts { redis: RedisClient, names: KeyNames, sealing: Sealing, stamp: Stamp }

/** The account store in Redis. */
export function createAccountStore ({ redis, names, sealing, stamp }: Parts): AccountStore {
  const create = defineScript(redis, sharedScript, script('create'))
  const update = defineScript(redis, sharedScript, script('update'))
  const membership = defineScript(redis, auditScript, script('membership'))
  const emails = createEmails({ redis, names, sealing })
  const reading = createAccountReading({ redis, names, sealing, emails })

  const change = async (id: string, provided: Record<string, string>, ends: Change['ends'], mode: '' | 'delete' | 'verify', fields: Record<string, string>): Promise<Changed> => {
    const [outcome, user, ended, entry] = await update(names.user(id), await stamp(id), JSON.stringify(provided), ends?.which ?? 'none', ends?.spared ?? '',
      ends?.reason ?? '', mode, ...Object.entries(fields).flat()) as [string, string[], string[], string]
    if (outcome !== 'updated') {
      await emails.clear(id, fields.email_entry)
      return { outcome: outcome === 'missing' ? 'missing' : 'stale' }
    }
    const now = fieldsOf(user)
    if (now.email_entry !== entry) await emails.clear(id, entry)
    await emails.sealOld(id, now)
    return { outcome, account: accountFrom(now, sealing), ended }
  }

  const confirmEmail = async (id: string, hash: string): Promise<boolean> => {
    const fields = await redis.hgetall(`${names.user(id)}:user`)
    const { email } = accountFrom(fields, sealing)
    if (email === null || !sealing.emailHashes(email).includes(hash)) return false
    // As it is stored, which no other writing has: an address that is changed meanwhile is not taken for verified.
    const { outcome } = await change(id, { email: fields.email ?? '', active: '1' }, undefined, 'verify', { verified: '1' })
    return outcome === 'updated'
  }

  return {
    create: async (account, registered) => {
      await redis.set(names.username(account.username), account.id, 'NX')
      // The name may stand for an account that was lost, or that another caller is creating right now.
      const id = await redis.get(names.username(account.username)) ?? account.id
      // First, so that there is no account whose events nobody finds.
      await redis.sadd(names.audited, id)
      const salt = sealing.newSalt()
      const seal = sealing.withSalt(id, salt)
      const entered = await emails.enter(id, seal, account.email)
      const created = await create(names.user(id), await stamp(id, seal), registered === undefined ? '' : JSON.stringify(registered), ...Object.entries({ ...fieldsFrom({ ...account, id }), salt, ...entered }).flat())
      if (created !== 1) await emails.clear(id, entered.email_entry)
      const exists = created === 1 || await reading.byId(id) !== undefined
      if (exists) await redis.zadd(names.usernames, 0, `${account.username}:${id}`)
      return created === 1 ? id : null
    },
    update: async (id, { members, provided = {}, ends }) => {
      const entered = members.email === undefined ? {} : await emails.enter(id, await emails.sealOf(id), members.email)
      return await change(id, fieldsFrom(provided), ends, '', { ...fieldsFrom(members), ...entered })
    },
    // Once more, because the same address may have been sealed anew meanwhile.
    confirmEmail: async (id, hash) => await confirmEmail(id, hash) || await confirmEmail(id, hash),
    remove: async (id, username) => {
      const removed = await change(id, {}, { which: 'all', reason: 'deleted' }, 'delete', { id, username, deleted: '1' })
      sealing.forget(id)
      await redis.zrem(names.usernames, `${username}:${id}`)
      return removed
    },
    join: async (id, group) => await membership(names.user(id), await stamp(id), 'join', group) as Membership,
    leave: async (id, group) => await membership(names.user(id), await stamp(id), 'leave', group) as Membership,
    ...reading,
    ...createAdmins({ redis, names })
  }
}
