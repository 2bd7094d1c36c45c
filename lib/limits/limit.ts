import { Problem, type Policy } from '../errors.js'

/** Counts one call of somebody. @throws `too_many_requests` beyond what the limit lets through; that call is not counted */
export type Limit = (who: string) => Promise<void>

/** The refusal of a call that a limit does not let through. @param wait milliseconds until one would be let through */
export const refusal = (limit: Policy, wait: number): Problem =>
  new Problem('too_many_requests', { retryAfter: Math.max(1, Math.ceil(wait / 1000)), limit })
