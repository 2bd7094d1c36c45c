import type { Key } from './schema.js'

/** What access tokens can be signed with (RFC 7518 section 3.1, RFC 8037 section 3.1). */
export const algorithms = ['HS512', 'EdDSA', 'ES256', 'RS256'] as const
export type Algorithm = typeof algorithms[number]

/** One generation of the signing key, as all replicas see it. Times are milliseconds on the clock of Redis. */
export interface RingKey {
  kid: string
  /** Of the access tokens that it signs; all others are HS512. */
  alg: Algorithm
  /** Names the secret that it is derived from. */
  secret: string
  created: number
  /** When it begins to sign; absent while not every replica knows its secret. */
  from?: number
  /** The longest life of an access token that it signed, and of a session. */
  access: number
  longest: number
  /** When no token that it signed can matter any more; absent while no successor is announced. */
  retires?: number
  /** What it verifies with, sealed under a later secret than its own. */
  kept?: string
}

/** The first that has not begun yet. */
export const nextIn = (ring: readonly RingKey[], now: number): RingKey | undefined =>
  ring.find(({ from }) => from === undefined || from > now)

/** The one that signs: the latest that has begun. */
export const currentIn = (ring: readonly RingKey[], now: number): RingKey | undefined =>
  ring.findLast(({ from }) => from !== undefined && from <= now)

/** For how long a clock may be wrong: a key stays that much longer than its last token. */
export const SLACK_MS = 60_000

const endsAfter = (ring: readonly RingKey[], key: RingKey, life: number): number =>
  (ring[ring.indexOf(key) + 1]?.from ?? Infinity) + life + SLACK_MS

/** Whether access tokens that it signed may still be good. */
export const mayVerifyAccess = (ring: readonly RingKey[], key: RingKey, now: number): boolean => now < endsAfter(ring, key, key.access)

/** Whether somebody who shows one of them, expired as it may be, may still have a session, and is to be told which it is. */
export const mayMeetAccess = (ring: readonly RingKey[], key: RingKey, now: number): boolean => now < endsAfter(ring, key, key.longest)

const time = (ms: number): string => new Date(ms).toISOString()

/** The ring as clients see it, the latest first. */
export function presentRing (ring: readonly RingKey[], now: number): Key[] {
  const current = currentIn(ring, now)
  return ring.map(key => {
    const { kid, alg, created, from, retires } = key
    const status = key === current ? 'current' as const : from === undefined || from > now ? 'next' as const : 'retiring' as const
    return { kid, alg, status, created: time(created), retires: status === 'retiring' && retires !== undefined ? time(retires) : null }
  }).reverse()
}
