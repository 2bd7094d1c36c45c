import { createHmac } from 'node:crypto'
import { fail } from '../errors.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { defineScript } from '../redis/script.js'

const FREE_ATTEMPTS = 5
const LONGEST_WAIT_MS = 900_000
const REMEMBERED_MS = 3_600_000

/**
 * Slows guessing down: after five failures of one account from one address, that pair waits 1, 2, 4 ...
 * seconds, up to 15 minutes. Others are not touched, so a stranger cannot lock an account.
 */
export interface SlowDown {
  /** @throws `too_many_attempts` while the pair has to wait */
  check: (username: string, address: string) => Promise<void>
  failed: (username: string, address: string) => Promise<void>
  succeeded: (username: string, address: string) => Promise<void>
}

interface Parts { redis: RedisClient, names: KeyNames, lookup: Buffer, now: () => number, skew: () => number }

/** Counters live in Redis under a keyed hash of the pair: neither name nor address can be read there. */
export function createSlowDown ({ redis, names, lookup, now, skew }: Parts): SlowDown {
  const failure = defineScript(redis, new URL('./lua/failure.lua', import.meta.url))
  const counter = (username: string, address: string): string =>
    names.slowDown(createHmac('sha256', lookup).update(`slow-down|${username}|${address}`).digest('base64url'))
  return {
    check: async (username, address) => {
      const next = Number(await redis.hget(counter(username, address), 'next') ?? 0)
      const wait = next - now()
      if (wait > 0) fail('too_many_attempts', { retryAfter: Math.ceil(wait / 1000) })
    },
    failed: async (username, address) => {
      await failure(counter(username, address), skew(), FREE_ATTEMPTS, LONGEST_WAIT_MS, REMEMBERED_MS)
    },
    succeeded: async (username, address) => { await redis.del(counter(username, address)) }
  }
}

/** Lets every attempt through; `RATE_LIMIT=off`. */
export const noSlowDown: SlowDown = {
  check: async () => {},
  failed: async () => {},
  succeeded: async () => {}
}
