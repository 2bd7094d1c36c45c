import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { defineScript } from '../redis/script.js'

/**
 * The active admins, beside their accounts.
 *
 * Callers rely on: `releaseAdmin` lets go of all admins but one, whoever calls at the same moment.
 */
export interface Admins {
  addAdmin: (id: string) => Promise<void>
  /** Takes an account off the active admins. @returns false if it is the last one */
  releaseAdmin: (id: string) => Promise<boolean>
  hasAdmin: () => Promise<boolean>
  /** Ids of the active admins. */
  admins: () => Promise<string[]>
  /** Lets one of several starting replicas make the first admin. @returns whether it is this one */
  claimFirstAdmin: () => Promise<boolean>
}

const FIRST_ADMIN_CLAIM_MS = 10_000

export function createAdmins ({ redis, names }: { redis: RedisClient, names: KeyNames }): Admins {
  const releaseAdmin = defineScript(redis, new URL('./lua/release-admin.lua', import.meta.url))
  return {
    addAdmin: async id => { await redis.sadd(names.admins, id) },
    releaseAdmin: async id => await releaseAdmin(names.admins, id) === 1,
    admins: async () => await redis.smembers(names.admins),
    hasAdmin: async () => await redis.exists(names.admins) === 1,
    claimFirstAdmin: async () => await redis.set(`${names.admins}:claim`, '1', 'PX', FIRST_ADMIN_CLAIM_MS, 'NX') === 'OK'
  }
}
