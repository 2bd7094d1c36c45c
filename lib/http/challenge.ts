import { proofAlgorithms } from '../dpop/proof-key.js'
import { catalogue, type ErrorCode } from '../error-catalogue.js'
import type { Problem } from '../errors.js'

/** What may stand between the quotes of a challenge (RFC 6750 section 3): no quotes, no backslashes, only ASCII. */
const quotable = (text: string): string => text.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '')

/** A refusal in one line, as `error_description` takes it. */
export const describe = ({ code, extras: { errors = [] } }: Problem): string =>
  quotable([catalogue[code][1], ...errors.map(({ path, message }) => `${path} ${message}`)].join(' '))

/** Refusals of the token itself; a wrong password or refresh token is no reason to refresh. */
export const aboutAccessTokens = new Set<ErrorCode>(['access_token_invalid', 'access_token_expired', 'access_token_replaced', 'access_token_revoked', 'access_token_bound', 'access_token_unbound', 'session_ended', 'account_inactive', 'api_token_invalid', 'api_token_expired', 'api_token_revoked'])

/** Refusals of a bearer whose token is good, but not for that. */
const aboutPrivileges = new Set<ErrorCode>(['insufficient_scope', 'api_token_not_accepted', 'api_token_too_wide', 'session_required', 'not_permitted'])

/** What only concerns tokens that are bound to a key, whatever they came under. */
const aboutKeys = new Set<ErrorCode>(['invalid_dpop_proof', 'access_token_bound', 'access_token_unbound'])

/**
 * The error code of a challenge (RFC 6750 section 3.1, RFC 9449 section 7.1, RFC 9470 section 3): null for a bare
 * one, because no credentials came or they were none of ours; undefined where a challenge would help nobody.
 */
function challengeWord (code: ErrorCode): string | null | undefined {
  if (code === 'fresh_authentication_required') return 'insufficient_user_authentication'
  if (code === 'invalid_dpop_proof') return code
  if (aboutPrivileges.has(code)) return 'insufficient_scope'
  if (aboutAccessTokens.has(code)) return 'invalid_token'
  return catalogue[code][0] === 401 ? null : undefined
}

/** Schemes of the Authorization header that tokens come under. */
export type Scheme = 'Bearer' | 'DPoP'

/**
 * The header WWW-Authenticate of a refusal, if it has one: what a client needs to know to get past it.
 * @param called what the token of the call came under
 */
export function challenge (problem: Problem, called: Scheme): Record<string, string> {
  const { code, extras: { scope = '', maxAge } } = problem
  const word = challengeWord(code)
  if (word === undefined) return {}
  const scheme = aboutKeys.has(code) ? 'DPoP' : called
  const parts = [
    ...(scheme === 'Bearer' ? ['realm="guardcell"'] : []),
    ...(word === null ? [] : [`error="${word}"`, `error_description="${describe(problem)}"`]),
    ...(scope === '' ? [] : [`scope="${quotable(scope)}"`]),
    ...(maxAge === undefined ? [] : [`max_age=${maxAge}`]),
    ...(scheme === 'DPoP' ? [`algs="${proofAlgorithms.join(' ')}"`] : [])
  ]
  return { 'www-authenticate': `${scheme} ${parts.join(', ')}` }
}
