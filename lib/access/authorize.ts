import type { Account } from '../accounts/account.js'
import { fail } from '../errors.js'
import type { AuthRule } from './rule.js'

/** Who is calling: what a token says, as far as it is still true of the account. */
export interface Principal {
  kind: 'access'
  /** As it is now. */
  account: Account
  session: string
  /** Whether the token carries a scope that its user may still have. */
  may: (scope: string) => boolean
  /** Seconds since the epoch. */
  authTime: number
}

/**
 * Decides whether a caller may use a route.
 * @throws `authentication_required`, `insufficient_scope`
 */
export function authorize (rule: Exclude<AuthRule, 'public' | 'self'>, principal: Principal | null): Principal {
  if (!principal) return fail('authentication_required')
  const missing = rule.scopes.filter(scope => !principal.may(scope))
  if (missing.length > 0) return fail('insufficient_scope', { scope: rule.scopes.join(' ') })
  return principal
}
