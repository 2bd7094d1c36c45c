import type { Config } from '../config/schema.js'
import { lifetimesOf } from '../sessions/lifetimes.js'

/** A replica that says nothing for three times as long counts as gone. */
const LONGEST_BETWEEN_LOOKS_MS = 10_000

/** How the ring goes with time, in milliseconds. */
export interface KeyTimes {
  /** Between two rotations; 0 for none. */
  period: number
  /** From the announcement of a key to its first signature. */
  overlap: number
  /**
   * The longest that access tokens live, and that a session may: within it a refresh token says something even after
   * it has expired, for one that was used before is reuse.
   */
  access: number
  longest: number
  /** Between two looks at the ring: a replica that misses one look, or two, still knows each key before it signs. */
  reread: number
}

export function keyTimes (config: Config): KeyTimes {
  const { access, session } = lifetimesOf(config)
  const overlap = config.KEY_OVERLAP * 1000
  return { period: config.KEY_ROTATION * 1000, overlap, access, longest: Math.max(access, session), reread: Math.min(overlap / 3, LONGEST_BETWEEN_LOOKS_MS) }
}
