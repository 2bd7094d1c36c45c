import { fail } from '../errors.js'
import type { Principal } from './authorize.js'

/** How recently a user must have proved who they are: by the very token (`true`), or within so many seconds. */
export type Freshness = true | number

/** `now` is seconds since the epoch, `leeway` how many seconds clocks may differ. */
export interface Moment { now: number, leeway: number }

/**
 * Whether a user has proved recently enough who they are. A machine never has. An authentication that lies
 * ahead says nothing about how long ago it was, because some clock was set back: it is not fresh.
 */
export function isFresh (wanted: Freshness, principal: Principal, { now, leeway }: Moment): boolean {
  if (principal.kind === 'api') return false
  const age = now - principal.authTime
  if (age < -leeway) return false
  return wanted === true ? principal.fresh : age <= wanted
}

/** @throws `fresh_authentication_required` */
export function requireFresh (wanted: Freshness, principal: Principal, moment: Moment): void {
  // OpenID Connect Core section 3.1.2.1: a max_age of 0 asks for an authentication anew.
  if (!isFresh(wanted, principal, moment)) fail('fresh_authentication_required', { maxAge: wanted === true ? 0 : wanted })
}
