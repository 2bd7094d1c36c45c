import { scopeList, scopeText } from '../access/scopes.js'
import { fail } from '../errors.js'

/**
 * A scope that was asked for, as it goes into a token.
 * @param subject who asks
 * @throws `insufficient_scope` unless all of it is allowed
 */
export function narrowed (scope: string, allowed: ReadonlySet<string>, subject: { user: string, session?: string }): string {
  const asked = scopeList(scope)
  if (!asked.every(item => allowed.has(item))) return fail('insufficient_scope', { subject })
  return scopeText(asked)
}

/** What of a scope stays within another one; undefined is no bound. */
export const within = (allowed: ReadonlySet<string>, most: ReadonlySet<string> | undefined): ReadonlySet<string> =>
  most ? new Set([...allowed].filter(item => most.has(item))) : allowed
