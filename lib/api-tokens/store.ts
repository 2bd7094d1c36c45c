import { accountFrom, type Account } from '../accounts/account.js'
import type { Stamp } from '../audit/stamp.js'
import { auditScript } from '../audit/store.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { defineScript, fieldsOf, listOf } from '../redis/script.js'
import type { Sealing } from '../sealing/service.js'
import { sharedScript } from '../sessions/shared-script.js'
import { allowanceIn, issuedIn, type Allowance, type IssuancePolicy, type Issued, type NewToken } from './issuance.js'
import { storedToken, type Status, type StoredToken } from './stored-token.js'

/** A token that was kept for its machine; `kid` is of the key that signed it first. */
export type Collected = { outcome: 'good', now: number, token: StoredToken, kid: string, username: string } | { outcome: 'ended' | 'inactive' }

export interface PageOfTokens { status: Status | 'all', after: string | undefined, since: number, limit: number }

/**
 * The API tokens of all users.
 *
 * Callers rely on: a token is issued and counted in one call, whoever asks at the same moment; what has ended
 * never comes back; a page takes no longer for many tokens than for few.
 */
export interface ApiTokenStore {
  issue: (user: string, token: NewToken) => Promise<Issued>
  /** Makes a token that was kept last as long as was promised; the same again when repeated. */
  collect: (user: string, id: string, kid: string) => Promise<Collected>
  allowance: (user: string) => Promise<Allowance>
  /** The latest first. */
  list: (user: string, page: PageOfTokens) => Promise<StoredToken[]>
  find: (user: string, id: string) => Promise<StoredToken | undefined>
  /** @returns ids of those that ended, or null if the token is not known */
  revoke: (user: string, id: string, reason: string) => Promise<string[] | null>
  revokeAll: (user: string, reason: string) => Promise<string[]>
  /** Ends one access token that was issued for a client itself; `until` (milliseconds) it would have been good. */
  endAccess: (user: string, access: { client: string, jti: string, until: number }) => Promise<void>
  /**
   * What is true of a token and its owner now; also notes that it was used.
   * @param id '' where only the owner and the access token matter
   * @param access jti of an access token that was issued for it and may have been ended by itself
   */
  standing: (user: string, id: string, access?: string) => Promise<{ state: 'good' | 'ended' | 'unknown', account: Account }>
}

interface Parts { redis: RedisClient, names: KeyNames, sealing: Pick<Sealing, 'withSalt'>, policy: IssuancePolicy, stamp: Stamp, skew: () => number }

const script = (file: string): URL => new URL(`./lua/${file}.lua`, import.meta.url)

/** The store of API tokens in Redis. Its scripts are in `lua/`. */
export function createApiTokenStore ({ redis, names, sealing, policy: { daily, cooldown }, stamp, skew }: Parts): ApiTokenStore {
  const define = (file: string) => defineScript(redis, sharedScript, script('tokens'), script(file))
  const [issue, collect, eligible, list, revoke] = [define('issue'), define('collect'), define('eligible'), define('list'), define('revoke')]
  const standing = defineScript(redis, script('token-standing'))
  const endAccess = defineScript(redis, auditScript, script('end-access'))

  return {
    issue: async (user, { id, expires, replace, meta, ...fields }) => {
      const stored = Object.entries({ ...fields, meta: JSON.stringify(meta) }).flat()
      return issuedIn(await issue(names.user(user), await stamp(user), id, daily, cooldown, replace ? '1' : '', expires, ...stored))
    },

    collect: async (user, id, kid) => {
      const [outcome, now, row, username] = JSON.parse(await collect(names.user(user), await stamp(user), id, kid) as string) as ['good' | 'ended' | 'inactive', string, string[], string]
      if (outcome !== 'good') return { outcome }
      const fields = fieldsOf(row)
      return { outcome, now: Number(now), token: storedToken(fields, Number(now)), kid: fields.kid ?? kid, username }
    },

    allowance: async user => allowanceIn(await eligible(names.user(user), skew(), daily, cooldown) as unknown[]),

    list: async (user, { status, after = '', since, limit }) => {
      const [now, rows] = JSON.parse(await list(names.user(user), skew(), status, after, since, limit) as string) as [string, unknown]
      return listOf<unknown>(rows).map(row => storedToken(fieldsOf(listOf<string>(row)), Number(now))).filter(({ id }) => id !== '')
    },

    find: async (user, id) => {
      const fields = await redis.hgetall(`${names.user(user)}:api-token:${id}`)
      return fields.id === undefined ? undefined : storedToken(fields, Date.now() + skew())
    },

    revoke: async (user, id, reason) => await revoke(names.user(user), await stamp(user), id, reason) as string[] | null,

    revokeAll: async (user, reason) => await revoke(names.user(user), await stamp(user), '', reason) as string[],

    endAccess: async (user, { client, jti, until }) => { await endAccess(names.user(user), await stamp(user), jti, until, client) },

    standing: async (user, id, access = '') => {
      const [state, fields] = JSON.parse(await standing(names.user(user), skew(), id, access) as string) as ['good' | 'ended' | 'unknown', unknown]
      return { state, account: accountFrom(fieldsOf(listOf<string>(fields)), sealing) }
    }
  }
}
