import { fail } from '../errors.js'
import type { AuthRule } from './rule.js'
import type { Role } from './scopes.js'

/** Who is calling: what a token says, as far as it is still true of the account. */
export interface Principal {
  kind: 'access'
  user: { id: string, username: string, roles: readonly Role[] }
  session: string
  /** The token's scopes that its user may still have. */
  scopes: ReadonlySet<string>
  /** Seconds since the epoch. */
  authTime: number
}

/**
 * Decides whether a caller may use a route.
 * @throws `authentication_required`, `insufficient_scope`
 */
export function authorize (rule: Exclude<AuthRule, 'public' | 'self'>, principal: Principal | null): Principal {
  if (!principal) return fail('authentication_required')
  const missing = rule.scopes.filter(scope => !principal.scopes.has(scope))
  if (missing.length > 0) return fail('insufficient_scope', { scope: rule.scopes.join(' ') })
  return principal
}
