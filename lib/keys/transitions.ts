// What goes into the transitions of what replicas agree on about keys, and what comes out of them.
import type { Fields } from '../redis/script.js'
import type { Algorithm, RingKey } from './ring.js'
import type { Progress } from './turnover.js'

/** What a replica says of itself with every call. Times are milliseconds. */
export interface Replica {
  replica: string
  /** Ids of the secrets that it knows. */
  secrets: readonly string[]
  /** The longest that its access tokens live, and its sessions. */
  access: number
  longest: number
  /** From the announcement of a key to its first signature. */
  overlap: number
}

/** What a replica does again and again. */
export interface Tending {
  /** Whether it is about to start, and may be refused. */
  boot: boolean
  /** Check values of its secrets, by id. */
  checks: Readonly<Record<string, string>>
  /** The secret of a store that is empty. */
  first: string
  /** What a key that is due will be called. */
  kid: string
  alg: Algorithm
  /** What it was configured with, until the ring has it. */
  wish: { alg: Algorithm, secret: string } | null
  /** Between two rotations; 0 for none. */
  period: number
  /** The ring as it knows it. */
  held: readonly RingKey[]
  /** When which keys were removed by order, as far as it knows. */
  gone: Readonly<Record<string, string>>
}

/** The ring at a moment of Redis' clock, and the other facts by the names of their fields. */
export interface Seen { outcome: 'ok', now: number, ring: readonly RingKey[], facts: Fields }

/** Why a replica may not go on, and how far a change of the secret has come. */
export interface Refused { outcome: 'refused', why: 'unknown' | 'next' | 'needed' | 'ring', progress: Progress | undefined }

/** What is kept of former secrets, sealed: of keys of the ring by kid, of the rest by id of the secret. */
export interface Kept { secret: string, keys: Readonly<Record<string, string>>, former: Readonly<Record<string, string>> }
