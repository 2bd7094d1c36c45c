import type { Report } from '../events.js'
import { hashUnder } from '../keys/hash.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { defineScript } from '../redis/script.js'
import { refusal, type Limit } from './limit.js'

/** Limits that all replicas keep together. */
export interface Limits {
  /**
   * A limit of at most `most` calls of each caller in any stretch of `seconds`; 0 for no limit. Whoever has
   * not called for that long may call `most` times at once.
   * @param kind names the limit, in metrics and in what clients are told
   */
  sliding: (kind: string, most: number, seconds: number) => Limit
}

interface Parts { redis: RedisClient, names: KeyNames, /** Keys the hashes of callers; under another one all begin anew. */ lookup: () => Buffer, skew: () => number, report: Report }

const unlimited: Limit = async () => {}

/** Limits in Redis: the times of the last calls that were let through, one key and one call each time. */
export function createLimits ({ redis, names, lookup, skew, report }: Parts): Limits {
  const take = defineScript(redis, new URL('./lua/sliding.lua', import.meta.url))
  return {
    sliding: (kind, most, seconds) => most === 0
      ? unlimited
      : async who => {
        // Under a keyed hash, so that no address can be read in Redis.
        const key = names.limit(hashUnder(lookup(), `limit|${kind}|${who}`))
        const wait = Number(await take(key, skew(), most, seconds * 1000))
        if (wait === 0) return
        report({ type: 'limited', kind })
        throw refusal({ kind, most, seconds }, wait)
      }
  }
}

/** Lets every call through; `RATE_LIMIT=off`. */
export const noLimits: Limits = { sliding: () => unlimited }
