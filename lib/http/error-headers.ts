import type { Policy, Problem } from '../errors.js'
import { challenge, type Scheme } from './challenge.js'

/** How many calls a limit lets through (draft-ietf-httpapi-ratelimit-headers-10 section 3). */
export const policyHeader = ({ kind, most, seconds }: Policy): string => `"${kind}";q=${most};w=${seconds}`

const limitHeaders = ({ limit, retryAfter = 0 }: Problem['extras']): Record<string, string> =>
  limit === undefined ? {} : { 'ratelimit-policy': policyHeader(limit), ratelimit: `"${limit.kind}";r=0;t=${retryAfter}` }

/** The codings that bodies may have, only where a coding is what was wrong (RFC 9110 section 12.5.3). */
const codings = ({ code }: Problem): Record<string, string> =>
  code === 'unsupported_content_coding' ? { 'accept-encoding': 'identity' } : {}

/** What an error has as header fields, in whatever words its body is. */
export const errorHeaders = (error: Problem, scheme: Scheme): Record<string, string> => ({
  'cache-control': 'no-store',
  ...challenge(error, scheme),
  ...limitHeaders(error.extras),
  ...codings(error),
  ...(error.extras.allow === undefined ? {} : { allow: error.extras.allow.join(', ') }),
  ...(error.extras.retryAfter === undefined ? {} : { 'retry-after': String(error.extras.retryAfter) })
})
