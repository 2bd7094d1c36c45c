import { fail } from '../errors.js'
import { hashUnder } from '../keys/hash.js'
import { addressKey } from '../limits/address.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { defineScript } from '../redis/script.js'

const REMEMBERED_MS = 3_600_000

/**
 * One account at one address. `unlocked` is when the account was unlocked last (ms, 0 for never): what failed
 * before belongs to another pair, so that one change of the account forgets it for all addresses.
 */
export interface Pair { username: string, address: string, unlocked: number }

/**
 * Slows guessing down: after some failures of one account from one address, that pair waits 1, 2, 4 ...
 * seconds, up to a longest wait. Others are not touched, so a stranger cannot lock an account.
 */
export interface SlowDown {
  /** @throws `too_many_attempts` while the pair has to wait */
  check: (pair: Pair) => Promise<void>
  failed: (pair: Pair) => Promise<void>
  succeeded: (pair: Pair) => Promise<void>
}

interface Parts {
  redis: RedisClient
  names: KeyNames
  /** Keys the hashes of pairs; under another one all begin anew. */
  lookup: () => Buffer
  /** Failures that are free. */
  free: number
  /** Milliseconds. */
  longest: number
  now: () => number
  skew: () => number
}

/** Counters live in Redis under a keyed hash of the pair: neither name nor address can be read there. */
export function createSlowDown ({ redis, names, lookup, free, longest, now, skew }: Parts): SlowDown {
  const failure = defineScript(redis, new URL('./lua/failure.lua', import.meta.url))
  const counter = ({ username, address, unlocked }: Pair): string =>
    names.slowDown(hashUnder(lookup(), `slow-down|${username}|${unlocked}|${addressKey(address)}`))
  return {
    check: async pair => {
      const next = Number(await redis.hget(counter(pair), 'next') ?? 0)
      const wait = next - now()
      if (wait > 0) fail('too_many_attempts', { retryAfter: Math.ceil(wait / 1000) })
    },
    failed: async pair => {
      await failure(counter(pair), skew(), free, longest, Math.max(REMEMBERED_MS, 2 * longest))
    },
    succeeded: async pair => { await redis.del(counter(pair)) }
  }
}

/** Lets every attempt through; `RATE_LIMIT=off`. */
export const noSlowDown: SlowDown = {
  check: async () => {},
  failed: async () => {},
  succeeded: async () => {}
}
