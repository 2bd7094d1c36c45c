import type { Permission } from '../api-tokens/grants.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { defineScript, fieldsOf } from '../redis/script.js'
import type { Seal } from '../sealing/seal.js'
import { sharedScript } from '../sessions/shared-script.js'

/** What a device says of itself, and where it asks from. */
export interface Asking {
  name: string | null
  /** What the operator calls its client, if it has proven to be that one. */
  client?: string
  address: string
  userAgent: string | null
  scope: string
  datasets: Record<string, Permission[]>
  /** The most that a token for its client may carry, where there is a bound. */
  most?: string
}

/** A pairing that waits for a user. Times are milliseconds since the epoch. */
export interface Waiting { asks: Asking, created: number, ends: number }

/** Why a pairing cannot be decided about. */
export type Closed = 'used' | 'expired' | 'unknown'

export type Polled =
  | { state: 'approved', user: string, token: string }
  | { state: 'pending' | 'early' | 'denied' | 'expired' | 'spent' | 'unknown' }

/**
 * The pairings of all devices.
 *
 * Callers rely on: every call is one atomic transition, so one of several decisions counts and one of several
 * polls is the first to learn of it. Times are judged on the store's own clock.
 */
export interface PairingStore {
  /** @returns false if there is a pairing of that name */
  begin: (pairing: string, deviceHash: string, asks: Asking) => Promise<boolean>
  look: (pairing: string) => Promise<{ state: 'pending' } & Waiting | { state: Closed }>
  decide: (pairing: string, decision: { as: 'approved', user: string, token: string } | { as: 'denied', user: string }) => Promise<'decided' | Closed>
  /** Notes the poll, too: one that comes too early makes the next one wait longer. */
  poll: (pairing: string, deviceHash: string) => Promise<Polled>
}

/** Milliseconds. */
export interface Pace {
  lifetime: number
  interval: number
  /** What a poll that comes too early adds to the interval. */
  step: number
  longest: number
  /** How long a device may ask again for the token that it was given. */
  repeat: number
}

interface Parts { redis: RedisClient, names: KeyNames, seal: Seal, pace: Pace, skew: () => number }

const script = (file: string): URL => new URL(`./lua/${file}.lua`, import.meta.url)

const FIELD = 'asking device'

/** The store of pairings in Redis, one hash each. Its scripts are in `lua/`. */
export function createPairingStore ({ redis, names, seal, pace, skew }: Parts): PairingStore {
  const define = (file: string) => defineScript(redis, sharedScript, script('pairing'), script(file))
  const [begin, look, decide, poll] = [define('begin'), define('look'), define('decide'), define('poll')]

  return {
    begin: async (pairing, deviceHash, asks) =>
      await begin(names.pairing(pairing), skew(), deviceHash, pace.lifetime, pace.interval, seal.seal(FIELD, JSON.stringify(asks))) === 1,

    look: async pairing => {
      const [state, list] = JSON.parse(await look(names.pairing(pairing), skew()) as string) as ['pending' | Closed, string[]]
      if (state !== 'pending') return { state }
      const { asks = '', created, ends } = fieldsOf(list)
      const opened = seal.open(FIELD, asks)
      if (opened === null) return { state: 'unknown' }
      return { state, asks: JSON.parse(opened) as Asking, created: Number(created), ends: Number(ends) }
    },

    decide: async (pairing, decision) =>
      await decide(names.pairing(pairing), skew(), decision.as, decision.user, decision.as === 'approved' ? decision.token : '') as 'decided' | Closed,

    poll: async (pairing, deviceHash) => {
      const [state, user = '', token = ''] = await poll(names.pairing(pairing), skew(), deviceHash, pace.step, pace.longest, pace.repeat) as [Polled['state'], string?, string?]
      return state === 'approved' ? { state, user, token } : { state }
    }
  }
}
