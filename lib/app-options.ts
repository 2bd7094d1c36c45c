import type { Config } from './config/schema.js'

/** What every plugin is given: the configuration, and the sources of time and randomness that tests replace. */
export interface AppOptions {
  config: Config
  /** Milliseconds since the epoch. */
  now: () => number
  /** Moves the clock of the Redis scripts, in milliseconds; 0 in production. */
  skew: () => number
  /** An unguessable id, safe in URLs and key names. */
  randomId: () => string
}
