import type { Policy, Problem } from '../errors.js'
import { challenge, type Scheme } from './challenge.js'

/** How many calls a limit lets through (draft-ietf-httpapi-ratelimit-headers-10 section 3). */
export const policyHeader = ({ kind, most, seconds }: Policy): string => `"${kind}";q=${most};w=${seconds}`

const limitHeaders = ({ limit, retryAfter = 0 }: Problem['extras']): Record<string, string> =>
  limit === undefined ? {} : { 'ratelimit-policy': policyHeader(limit), ratelimit: `"${limit.kind}";r=0;t=${retryAfter}` }

/** What an error has as header fields, in whatever words its body is. */
export const errorHeaders = (error: Problem, scheme: Scheme): Record<string, string> => ({
  'cache-control': 'no-store',
  ...challenge(error, scheme),
  ...limitHeaders(error.extras),
  ...(error.extras.allow === undefined ? {} : { allow: error.extras.allow.join(', ') }),
  ...(error.extras.retryAfter === undefined ? {} : { 'retry-after': String(error.extras.retryAfter) })
})
