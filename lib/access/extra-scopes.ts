import { isRole, roles, scopes, type Role } from './scopes.js'

/** Scopes of the operator's own, each with the roles that it is granted to. */
export type ExtraScopes = ReadonlyMap<string, readonly Role[]>

/** RFC 6749 section 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/
/** All of them go into each token of an admin. */
const MOST = 32

/**
 * Reads `scope=role,role scope=role`: what stands behind the last `=` are roles, because a scope may hold one.
 * @throws Error with a sentence for the operator
 */
export function parseExtraScopes (text: string): ExtraScopes {
  const items = text.split(/\s+/).filter(item => item !== '')
  if (items.length > MOST) throw new Error(`EXTRA_SCOPES must not have more than ${MOST} scopes`)
  const found = new Map(items.map(parseItem))
  if (found.size < items.length) throw new Error('EXTRA_SCOPES names a scope twice')
  return found
}

function parseItem (item: string): [string, Role[]] {
  const at = item.lastIndexOf('=')
  const scope = item.slice(0, at)
  const named = item.slice(at + 1).split(',')
  if (at < 0 || !SCOPE.test(scope) || !named.every(isRole)) throw new Error(`EXTRA_SCOPES must be scopes of up to 64 visible ASCII characters without " and \\, each with its roles (${roles.join(', ')}), such as robot:move=contributor,admin`)
  if (isOurs(scope)) throw new Error('EXTRA_SCOPES names a scope that the service has itself')
  return [scope, named]
}

/** Those that there are, and those that there may be one day. */
const isOurs = (scope: string): boolean => scope.startsWith('guardcell:') || (scopes as readonly string[]).includes(scope)
