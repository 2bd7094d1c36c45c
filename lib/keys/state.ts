import { setTimeout as sleep } from 'node:timers/promises'
import { fail } from '../errors.js'
import { deriveSigningKey, type SigningKey } from './material.js'
import type { Master } from './master.js'
import { currentIn, mayVerifyAccess, type RingKey } from './ring.js'
import type { Seen } from './store.js'

/** The ring as this process knows it, with the keys derived. It changes with `take` and with time. */
export interface RingState {
  ring: () => readonly RingKey[]
  /** Milliseconds on the clock of Redis. */
  time: () => number
  /** @throws `store_unavailable` if the ring is not that of this process any more */
  current: () => SigningKey
  find: (kid: string) => SigningKey | undefined
  /** Takes over a ring that was read. */
  take: (seen: Seen) => Promise<void>
  /** Notes whether the ring is that of another installation, or of a secret that is not known here. */
  lost: (isLost: boolean) => void
  /** Work of which no two run at the same time; who asks meanwhile gets what runs. */
  alone: (work: () => Promise<void>) => () => Promise<void>
  /** Looks again where a kid is not known. */
  meeting: (look: () => Promise<void>) => (kid: string) => Promise<void>
}

const BETWEEN_LOOKS_MS = 200

interface Parts { masters: ReadonlyMap<string, Master>, now: () => number }

export function createRingState ({ masters, now }: Parts): RingState {
  let ring: readonly RingKey[] = []
  let known = new Map<string, SigningKey>()
  let offset = 0
  let taken = -Infinity
  let isLost = false
  const time = (): number => now() + offset

  const derived = async (key: RingKey, among: readonly RingKey[], at: number): Promise<SigningKey | undefined> => {
    const withAccess = mayVerifyAccess(among, key, at)
    const before = known.get(key.kid)
    if (before && (before.access !== undefined || !withAccess)) return withAccess ? before : { ...before, access: undefined }
    const master = masters.get(key.secret)
    return master && await deriveSigningKey(key, master, withAccess)
  }

  return {
    ring: () => ring,
    time,
    current: () => {
      const key = isLost ? undefined : known.get(currentIn(ring, time())?.kid ?? '')
      return key ?? fail('store_unavailable', { retryAfter: 5 })
    },
    find: kid => known.get(kid),
    take: async seen => {
      const keys = await Promise.all(seen.ring.map(key => derived(key, seen.ring, seen.now)))
      // What was read before and took longer.
      if (seen.now < taken) return
      taken = seen.now
      known = new Map(keys.filter(key => key !== undefined).map(key => [key.kid, key]))
      ring = seen.ring
      offset = seen.now - now()
    },
    lost: is => { isLost = is },
    alone: work => {
      let running: Promise<void> | undefined
      return async () => await (running ??= work().finally(() => { running = undefined }))
    },
    meeting: look => {
      let waiting: Promise<void> | undefined
      let last = -Infinity
      // All who wait share one look: made-up kids cannot make many calls, and none that is known elsewhere is refused.
      const lookSoon = async (): Promise<void> => {
        await sleep(Math.max(0, last + BETWEEN_LOOKS_MS - performance.now()))
        last = performance.now()
        waiting = undefined
        await look()
      }
      return async kid => {
        if (known.has(kid)) return
        await (waiting ??= lookSoon())
        if (isLost && !known.has(kid)) fail('store_unavailable', { retryAfter: 5 })
      }
    }
  }
}
