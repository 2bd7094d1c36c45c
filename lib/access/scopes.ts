/** What an account may do in general. */
export const roles = ['reader', 'contributor', 'admin'] as const
export type Role = typeof roles[number]

/** Scopes that a token can carry: who its user is, and one per noun of the API. */
export const scopes = [
  'guardcell:user', 'guardcell:verified', 'guardcell:superuser',
  'profile', 'sessions', 'api-tokens', 'datasets:read', 'datasets:write', 'datasets:create', 'datasets:delete',
  'users', 'groups', 'audit', 'keys'
] as const
export type Scope = typeof scopes[number]

const reader: readonly Scope[] = ['guardcell:user', 'profile', 'sessions', 'api-tokens', 'datasets:read', 'audit']
const contributor: readonly Scope[] = [...reader, 'datasets:write', 'datasets:create']
const admin: readonly Scope[] = scopes.filter(scope => scope !== 'guardcell:verified')

const ofRole: Record<Role, readonly Scope[]> = { reader, contributor, admin }

const known = new Map<string, ReadonlySet<string>>()

/** The scopes that an account may have now. */
export function scopesOf ({ roles, verified }: { roles: readonly Role[], verified: boolean }): ReadonlySet<string> {
  const name = `${roles.join(' ')}|${verified}`
  const granted = known.get(name) ?? new Set<string>([...roles.flatMap(role => ofRole[role]), ...(verified ? ['guardcell:verified'] : [])])
  known.set(name, granted)
  return granted
}

/** The items of a space separated list (RFC 6749 section 3.3), each once, in a fixed order. */
export const scopeList = (text: string): string[] =>
  [...new Set(text.split(' ').filter(item => item !== ''))].sort()

/** The items of a space separated list, to look them up. */
export const scopeSet = (text: string): ReadonlySet<string> => new Set(text.split(' '))

/** Items as the text that goes into a token. */
export const scopeText = (items: Iterable<string>): string => [...items].sort().join(' ')
