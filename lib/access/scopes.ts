/** What an account may do in general. */
export const roles = ['reader', 'contributor', 'admin'] as const
export type Role = typeof roles[number]

export const isRole = (word: string): word is Role => (roles as readonly string[]).includes(word)

/** Scopes that a token can carry: who its user is, and one per noun of the API. */
export const scopes = [
  'guardcell:user', 'guardcell:verified', 'guardcell:superuser',
  'profile', 'sessions', 'api-tokens', 'datasets:read', 'datasets:write', 'datasets:create', 'datasets:delete',
  'users', 'groups', 'audit', 'keys'
] as const
export type Scope = typeof scopes[number]

/**
 * A scope is the most that a token may be used for. What an account may do with a certain scan or group is
 * decided there: a reader may own scans and be a member of groups that write to others.
 */
const reader: readonly Scope[] = ['guardcell:user', 'profile', 'sessions', 'api-tokens', 'datasets:read', 'datasets:write', 'datasets:delete', 'groups', 'audit']
const contributor: readonly Scope[] = [...reader, 'datasets:create']
const admin: readonly Scope[] = scopes.filter(scope => scope !== 'guardcell:verified')

const ofRole: Record<Role, readonly Scope[]> = { reader, contributor, admin }

/** The scopes that an account may have now. */
export type ScopesOf = (account: { roles: readonly Role[], verified: boolean }) => ReadonlySet<string>

/** @param extra scopes of the operator's own, each with exactly the roles that it is granted to */
export function createScopesOf (extra: ReadonlyMap<string, readonly Role[]>): ScopesOf {
  // There are few combinations of roles, and this is asked on every call.
  const known = new Map<string, ReadonlySet<string>>()
  const grantedTo = (role: Role): string[] =>
    [...ofRole[role], ...[...extra].filter(([, roles]) => roles.includes(role)).map(([scope]) => scope)]
  return ({ roles, verified }) => {
    const name = `${roles.join(' ')}|${verified}`
    const granted = known.get(name) ?? new Set([...roles.flatMap(grantedTo), ...(verified ? ['guardcell:verified'] : [])])
    known.set(name, granted)
    return granted
  }
}

/** The items of a space separated list (RFC 6749 section 3.3), each once, in a fixed order. */
export const scopeList = (text: string): string[] =>
  [...new Set(text.split(' ').filter(item => item !== ''))].sort()

/** The items of a space separated list, to look them up. */
export const scopeSet = (text: string): ReadonlySet<string> => new Set(text.split(' '))

/** Items as the text that goes into a token. */
export const scopeText = (items: Iterable<string>): string => [...items].sort().join(' ')
