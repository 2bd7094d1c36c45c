import type { Freshness } from './freshness.js'
import type { Scope } from './scopes.js'

/**
 * Who may call a route; every route declares one.
 *
 * - `public`: credentials are not looked at, so that an expired one changes nothing
 * - `self`: the route reads the credentials itself, from its body
 * - `{ scopes }`: a live access token with all of these scopes
 * - `{ optional: true, scopes }`: the same, or no credentials at all: a guest
 * - `{ api: true, scopes }`: the same, or an API token with all of these scopes
 * - `{ fresh: true, scopes }`: an access token that a login or a reauthentication gave out, not a refresh
 * - `{ fresh: 300, scopes }`: an access token whose user has proved who they are within so many seconds
 */
export type AuthRule = 'public' | 'self' | { scopes: readonly Scope[], optional?: true, api?: true, fresh?: Freshness }
