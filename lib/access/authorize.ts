import type { Account } from '../accounts/account.js'
import { fail, type ErrorExtras } from '../errors.js'
import type { Grants } from '../api-tokens/grants.js'
import type { Transport } from '../sessions/state.js'
import { requireFresh, type Moment } from './freshness.js'
import type { AuthRule } from './rule.js'

interface Caller {
  /** As it is now. */
  account: Account
  /** What the token was granted, space separated. */
  scope: string
  /** When the token was issued, in seconds since the epoch. */
  issued: number
  /** The key that the token is bound to. */
  cnf?: { jkt: string } | undefined
  /** Whether the token carries a scope that its user may still have. */
  may: (scope: string) => boolean
  /**
   * Asks once more whether this is who calls: whether the account, and the session or the token, are good at
   * this moment. An access token that has expired meanwhile, or was replaced by a refresh, is no reason to refuse.
   * @throws like `Authenticate`
   */
  again: () => Promise<Principal>
}

interface User extends Caller {
  /** How its tokens travel. */
  transport: Transport
  /** When the user last proved who they are, in seconds since the epoch. */
  authTime: number
  /** Whether the token came from that proof, not from a refresh since. */
  fresh: boolean
}

/** A user with a session; the token expires in so many seconds since the epoch. */
export interface SessionPrincipal extends User { kind: 'access', session: string, expires: number }

/** A user who calls with name and password; that opens no session, so its name is empty. */
export interface PasswordPrincipal extends User { kind: 'basic', session: '' }

export type UserPrincipal = SessionPrincipal | PasswordPrincipal

/**
 * A machine with an API token of a user, limited to some data sets, or with an access token for such a machine
 * itself. `client` is its id as a client, `token` that of the API token, null where there is none.
 */
export interface ApiPrincipal extends Caller { kind: 'api', client: string, token: string | null, expires: number, datasets: Grants }

/** Who is calling: what a token says, as far as it is still true of the account. */
export type Principal = UserPrincipal | ApiPrincipal

/**
 * Decides whether a caller may use a route.
 * @returns null for a guest, where one may call
 * @throws `authentication_required`, `insufficient_scope`, `api_token_not_accepted`, `fresh_authentication_required`
 */
export function authorize (rule: Exclude<AuthRule, 'public' | 'self'>, principal: Principal | null, moment: Moment): Principal | null {
  if (!principal) return rule.optional ? null : fail('authentication_required', { scope: rule.scopes.join(' ') })
  if (principal.kind === 'api' && !rule.api) return fail('api_token_not_accepted', { scope: rule.scopes.join(' '), subject: subjectOf(principal) })
  const missing = rule.scopes.filter(scope => !principal.may(scope))
  if (missing.length > 0) return fail('insufficient_scope', { scope: rule.scopes.join(' '), subject: subjectOf(principal) })
  if (rule.fresh !== undefined) requireFresh(rule.fresh, principal, moment)
  return principal
}

/** The same caller, who is held to the scopes of the route when asked again; not to having signed in just now. */
export const heldTo = <T extends Principal>(rule: Exclude<AuthRule, 'public' | 'self'>, principal: T, moment: () => Moment): T => ({
  ...principal,
  again: async () => {
    const { fresh: _fresh, ...scopes } = rule
    return heldTo(rule, authorize(scopes, await principal.again(), moment())!, moment)
  }
})

const subjectOf = (principal: Principal): NonNullable<ErrorExtras['subject']> =>
  ({ user: principal.account.id, ...(principal.kind === 'access' ? { session: principal.session } : {}) })
