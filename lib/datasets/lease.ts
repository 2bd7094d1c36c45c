import { setTimeout as sleep } from 'node:timers/promises'
import { fail } from '../errors.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { isOutage } from '../redis/outage.js'
import { defineScript } from '../redis/script.js'
import { isGone } from './replica.js'

/** The right to write to a scan, for as long as this process can say that it goes on. */
export interface Lease {
  /** Milliseconds since the epoch, and higher than that of every lease of the scan before. */
  fence: number
  /** The fence of the lease before, if it is known. */
  previous: number | undefined
  /** Whether the holder before gave it back, and so finished what it did. */
  clean: boolean
  /** Fences of holders of late that never gave it back: they may wake up and go on writing. */
  strays: readonly number[]
  /** Asks whether it is still held. @throws LostLease if somebody else has taken it */
  check: () => Promise<void>
  /** The same, asking only when it may have lapsed. A process that was stopped sees here that it was. */
  stillHeld: () => Promise<void>
  /** Gives it back. @returns whether it was held without a break since it was taken */
  release: () => Promise<boolean>
}

/** Somebody else took the lease, because this process did not come back in time. */
export class LostLease extends Error {
  override readonly name = 'LostLease'
}

/**
 * Leases of scans, so that one replica at a time writes to a scan.
 *
 * Callers rely on: fences only grow; while `check` passes, nobody else has taken the lease. A process can
 * be stopped right after `check`, so what it does then must be seen by `release` answering false.
 */
export interface Leases {
  /** Waits for the lease. @throws `scan_busy` */
  take: (scan: string) => Promise<Lease>
}

/** For this long (milliseconds) a holder that never came back is taken to be able to wake up. */
export const STRAY_MS = 600_000
const PATIENCE_MS = 30_000

interface Parts { redis: RedisClient, names: KeyNames, replica: string, lasts: number, skew: () => number }

/** @param lasts milliseconds until a lease whose holder says nothing may be taken by somebody else */
export function createLeases ({ redis, names, replica, lasts, skew }: Parts): Leases {
  const script = (name: string) => defineScript(redis, new URL(`./lua/${name}.lua`, import.meta.url))
  const [acquire, extend, release] = [script('acquire'), script('extend'), script('release')]

  /** Says that its holder goes on; a holder that is stopped says nothing. @returns the end of that, and when it was said last */
  const keepUp = (scan: string, fence: string, asked: number): { stop: () => void, until: () => number } => {
    let until = asked + lasts
    const say = async (): Promise<void> => {
      const said = performance.now()
      if (await extend(names.scan(scan), fence, lasts, skew()) === 1) until = said + lasts
    }
    // A failure shows at the next check.
    const timer = setInterval(() => { say().catch(() => {}) }, lasts / 3).unref()
    return { stop: () => clearInterval(timer), until: () => until }
  }

  /** @param asked when it was asked for, by this process' own clock */
  const leaseOf = (scan: string, asked: number, [, fence = '', previous = '', clean, strays = '']: string[]): Lease => {
    const { stop, until } = keepUp(scan, fence, asked)
    const check = async (): Promise<void> => {
      if (await redis.hget(`${names.scan(scan)}:lease`, 'fence') === fence) return
      stop()
      throw new LostLease()
    }
    return {
      fence: Number(fence),
      previous: previous === '' ? undefined : Number(previous),
      clean: clean === '1',
      strays: strays.split(' ').filter(text => text !== '').map(Number),
      check,
      stillHeld: async () => { if (performance.now() >= until()) await check() },
      release: async () => {
        stop()
        try {
          return await release(names.scan(scan), fence) === 1
        } catch (error) {
          // Nobody can have taken it yet; it will lapse.
          if (isOutage(error) && performance.now() < until()) return true
          throw error
        }
      }
    }
  }

  return {
    take: async scan => {
      let gone = ''
      for (const deadline = performance.now() + lasts + PATIENCE_MS; performance.now() < deadline;) {
        const asked = performance.now()
        const answer = await acquire(names.scan(scan), lasts, skew(), STRAY_MS, replica, gone) as string[]
        const [taken, wait, fence = '', holder = ''] = answer
        if (taken === '1') return leaseOf(scan, asked, answer)
        // Who holds it will not come back if its process is gone.
        gone = isGone(holder) === true ? fence : ''
        if (gone === '') await sleep(Math.min(Number(wait), 2 + Math.random() * 10))
      }
      return fail('scan_busy', { retryAfter: 1 })
    }
  }
}
