import { setTimeout as sleep } from 'node:timers/promises'
import { fail } from '../errors.js'
import { secretOf, type Seal } from '../sealing/seal.js'
import { keeperOf, keptKey, keptSecret } from './keeping.js'
import { deriveSigningKey, type SigningKey } from './material.js'
import type { Master } from './master.js'
import { currentIn, mayMeetAccess, type RingKey } from './ring.js'
import type { SecretKeys } from './secrets.js'
import type { Seen } from './transitions.js'

/** The ring as this process knows it, with the keys derived. It changes with `take` and with time. */
export interface RingState {
  ring: () => readonly RingKey[]
  facts: () => Seen['facts']
  /** When (milliseconds) which keys were removed by order, by kid. What was once known stays known here. */
  gone: () => Readonly<Record<string, string>>
  /** Milliseconds on the clock of Redis. */
  time: () => number
  /** The entry that signs, if there is one. */
  signing: () => RingKey | undefined
  /** @throws `store_unavailable` if the ring is not that of this process any more */
  current: () => SigningKey
  find: (kid: string) => SigningKey | undefined
  /** Keys of former secrets of which only these are kept. */
  former: () => readonly SecretKeys[]
  /** Takes over a ring that was read. */
  take: (seen: Seen) => Promise<void>
  /** Notes whether the ring is that of another installation, or of a secret that is not known here. */
  lost: (isLost: boolean) => void
  isLost: () => boolean
  /** Looks where a kid is not known. All who wait share one look, and looks are some time apart. */
  meeting: (look: () => Promise<void>) => (kid: string) => Promise<void>
}

const BETWEEN_LOOKS_MS = 200

const goneIn = (facts: Seen['facts']): Record<string, string> =>
  Object.fromEntries(Object.entries(facts).flatMap(([field, time]) => field.startsWith('gone:') && time !== undefined ? [[field.slice(5), time]] : []))

interface Parts { masters: ReadonlyMap<string, Master>, now: () => number }

export function createRingState ({ masters, now }: Parts): RingState {
  const keepers = new Map<string, Seal>([...masters].map(([id, master]) => [id, keeperOf(master)]))
  let ring: readonly RingKey[] = []
  let known = new Map<string, SigningKey>()
  let former: readonly SecretKeys[] = []
  let facts: Seen['facts'] = {}
  let gone: Readonly<Record<string, string>> = {}
  let offset = 0
  let taken = -Infinity
  let isLost = false
  const time = (): number => now() + offset
  const signing = (): RingKey | undefined => currentIn(ring, time())

  const derived = async (key: RingKey, among: readonly RingKey[], at: number): Promise<SigningKey | undefined> => {
    const withAccess = mayMeetAccess(among, key, at)
    const before = known.get(key.kid)
    if (before && (before.access !== undefined || !withAccess)) return withAccess ? before : { ...before, access: undefined }
    const master = masters.get(key.secret)
    if (master) return await deriveSigningKey(key, master, withAccess)
    const keeper = key.kept === undefined ? undefined : keepers.get(secretOf(key.kept))
    return keeper && keptKey(keeper, key, withAccess)
  }

  const formerIn = (facts: Seen['facts']): SecretKeys[] => Object.entries(facts).flatMap(([field, value = '']) => {
    const id = field.startsWith('former:') ? field.slice(7) : undefined
    if (id === undefined || masters.has(id)) return []
    const { sealed } = JSON.parse(value) as { sealed: string }
    const keeper = keepers.get(secretOf(sealed))
    return [keeper && keptSecret(keeper, id, sealed)].filter(keys => keys !== undefined)
  })

  return {
    ring: () => ring,
    facts: () => facts,
    gone: () => gone,
    time,
    signing,
    current: () => {
      const key = isLost ? undefined : known.get(signing()?.kid ?? '')
      return key ?? fail('store_unavailable', { retryAfter: 5 })
    },
    find: kid => known.get(kid),
    former: () => former,
    take: async seen => {
      const keys = await Promise.all(seen.ring.map(key => derived(key, seen.ring, seen.now)))
      // What was read before and took longer.
      if (seen.now < taken) return
      taken = seen.now
      known = new Map(keys.filter(key => key !== undefined).map(key => [key.kid, key]))
      ring = seen.ring
      former = formerIn(seen.facts)
      facts = seen.facts
      gone = { ...gone, ...goneIn(seen.facts) }
      offset = seen.now - now()
    },
    lost: is => { isLost = is },
    isLost: () => isLost,
    meeting: look => {
      let waiting: Promise<void> | undefined
      let last = -Infinity
      const lookSoon = async (): Promise<void> => {
        await sleep(Math.max(0, last + BETWEEN_LOOKS_MS - performance.now()))
        last = performance.now()
        waiting = undefined
        await look()
      }
      return async kid => {
        if (!known.has(kid)) await (waiting ??= lookSoon())
        if (isLost) fail('store_unavailable', { retryAfter: 5 })
      }
    }
  }
}
