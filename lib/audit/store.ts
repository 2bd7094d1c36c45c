import { hashUnder } from '../keys/hash.js'
import { addressKey } from '../limits/address.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { defineScript } from '../redis/script.js'
import { actions, type ActionName } from './actions.js'
import type { Stream } from './event.js'
import { owners } from './owners.js'
import type { Stamp } from './stamp.js'

/** An event that is no part of another transition. `details` may hold nothing personal. */
export interface NewEvent { action: ActionName, session?: string, reason?: string, details?: Readonly<Record<string, unknown>>, alarm?: boolean }

export interface FailedLogin { user: string | null, address: string, reason: 'unknown_user' | 'wrong_password' | 'inactive' }

/**
 * Writes events that no other script writes.
 *
 * Callers rely on: what was recorded is in the store when the call answers; streams are capped, at 10 000
 * events (2 000 minor ones) and 400 days.
 */
export interface AuditStore {
  /** @param owner id of the account that it concerns, or one of `owners` */
  record: (owner: string, event: NewEvent) => Promise<void>
  /** Records a failed login, and that there were too many of an account or from an address. */
  failedLogin: (failure: FailedLogin) => Promise<void>
  /** The streams of one owner. */
  streamsOf: (owner: string) => Stream[]
  /** Ids of all accounts that may have a stream. */
  everybody: () => Promise<string[]>
}

const script = (file: string): URL => new URL(`./lua/${file}.lua`, import.meta.url)

/** Functions by which scripts of other stores record what they do. */
export const auditScript = script('audit')

const WINDOW_MS = 3_600_000
/** Many people may share an address. */
const ATTACK = { account: 10, address: 30 }

interface Parts { redis: RedisClient, names: KeyNames, stamp: Stamp, /** Keys the hashes of addresses. */ lookup: () => Buffer }

export function createAuditStore ({ redis, names, stamp, lookup }: Parts): AuditStore {
  const record = defineScript(redis, auditScript, script('record'))
  const failedLogin = defineScript(redis, auditScript, script('failed-login'))

  const addressCounter = (address: string): string =>
    `failures:${hashUnder(lookup(), `failures|${addressKey(address)}`).slice(0, 22)}`

  return {
    record: async (owner, { action, session = '', reason = '', details, alarm = false }) => {
      await record(names.user(owner), await stamp(owner), actions[action].minor ? 'minor' : 'major', action, session, reason,
        details === undefined ? '' : JSON.stringify(details), alarm ? '1' : '')
    },

    failedLogin: async ({ user, address, reason }) => {
      const count = async (owner: string, counter: string, what: keyof typeof ATTACK, own: boolean): Promise<unknown> =>
        await failedLogin(names.user(owner), await stamp(owner), counter, ATTACK[what], WINDOW_MS, own ? '1' : '', reason, what)
      // The account and the address lie in different slots of a cluster.
      await Promise.all([
        ...(user === null ? [] : [count(user, 'failures', 'account', true)]),
        count(owners.anonymous, addressCounter(address), 'address', user === null)
      ])
    },

    streamsOf: owner => [
      { name: owner, owner, key: `${names.user(owner)}:audit` },
      { name: `${owner}.minor`, owner, key: `${names.user(owner)}:audit:minor` }
    ],

    everybody: async () => await redis.smembers(names.audited)
  }
}
