import type { Scope } from './scopes.js'

/**
 * Who may call a route; every route declares one.
 *
 * - `public`: credentials are not looked at, so that an expired one changes nothing
 * - `self`: the route reads the credentials itself, from its body
 * - `{ scopes }`: a live access token with all of these scopes
 */
export type AuthRule = 'public' | 'self' | { scopes: readonly Scope[] }
