import type { Config } from './config/schema.js'

/** What every plugin is given: the configuration, and what tests replace. */
export interface AppOptions {
  config: Config
  /** Milliseconds since the epoch. */
  now: () => number
  /** Moves the clock of the Redis scripts, in milliseconds; 0 in production. */
  skew: () => number
  /** An unguessable id, safe in URLs and key names. */
  randomId: () => string
  /** How long each part of a start may take that waits for something, in milliseconds. */
  stepLimit: number
  /** When the process counts as overloaded. */
  overload: Overload
}

/**
 * A process that was busy for so long that its event loop came late by `delay` on average takes no more calls; not
 * within `grace` of its start, since putting it together says nothing of its load. Milliseconds.
 */
export interface Overload { delay: number, grace: number }
