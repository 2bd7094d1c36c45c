import type { ApiTokens } from '../api-tokens/service.js'
import { fail } from '../errors.js'
import type { Principal } from './authorize.js'
import type { TokenInfo } from './schema.js'
import { scopeList, scopeText } from './scopes.js'

const time = (seconds: number): string => new Date(seconds * 1000).toISOString()

/** What a caller was granted, as far as the account may still have it. */
export const effectiveScope = ({ scope, may }: Pick<Principal, 'scope' | 'may'>): string => scopeText(scopeList(scope).filter(may))

/** Says of a caller's own token what is known of it. */
export const createTokenInfo = (apiTokens: Pick<ApiTokens, 'get'>) => async (principal: Principal): Promise<TokenInfo> => {
  const { kind, account: { id, username }, issued, cnf } = principal
  const common = { kind, user: { id, username }, session: null, ...(cnf ? { cnf } : {}), scope: effectiveScope(principal), issued_at: time(issued), expires_at: null, datasets: null, meta: null }
  if (principal.kind !== 'api') {
    const ofUser = { ...common, auth_time: time(principal.authTime), fresh: principal.fresh }
    return principal.kind === 'basic' ? ofUser : { ...ofUser, session: principal.session, expires_at: time(principal.expires) }
  }
  if (principal.token === null) return { ...common, expires_at: time(principal.expires), auth_time: null, fresh: false }
  const { datasets, meta } = await apiTokens.get(id, principal.token)
  return { ...common, expires_at: time(principal.expires), auth_time: null, fresh: false, datasets, meta }
}

/**
 * What a reverse proxy is told of a caller. Each header is always there, empty at worst: a proxy copies it over
 * whatever its client sent under that name.
 * @param wanted scopes that must all be there, space separated
 * @throws `insufficient_scope`
 */
export function vouchFor (principal: Principal, wanted: string): Record<string, string> {
  if (!scopeList(wanted).every(principal.may)) return fail('insufficient_scope', { scope: wanted })
  return {
    'x-auth-user': principal.account.username,
    'x-auth-scopes': effectiveScope(principal),
    'x-auth-session': principal.kind === 'api' ? '' : principal.session,
    'x-auth-jkt': principal.cnf?.jkt ?? ''
  }
}
