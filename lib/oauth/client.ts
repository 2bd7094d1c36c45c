import type { ApiPrincipal } from '../access/authorize.js'
import type { GrantType } from './grants/types.js'

interface Common {
  id: string
  /** What users read of it in the list of their sessions. */
  name?: string
  /** The ways in which it may get tokens. */
  grants: ReadonlySet<GrantType>
  /** The most that its tokens may carry; undefined: whatever their users may. */
  scope: ReadonlySet<string> | undefined
}

/** A client that cannot keep a secret (RFC 6749 section 2.1), and shows none. */
export interface PublicClient extends Common { kind: 'public' }

/** A client that proves who it is; `account` is the user name that it acts as where no user is there. */
export interface ConfidentialClient extends Common { kind: 'confidential', account: string | undefined }

/** An API token as a client: its id is the token's, its secret the token. */
export interface TokenClient extends Common { kind: 'token', principal: ApiPrincipal }

export type Client = PublicClient | ConfidentialClient | TokenClient

/** The client of our own frontends and scripts; whoever names no client is this one. */
export const FIRST_PARTY = 'guardcell'

export const firstParty: PublicClient = {
  id: FIRST_PARTY,
  kind: 'public',
  grants: new Set<GrantType>(['password', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code']),
  scope: undefined
}

/** An API token as the client that it is. */
export const tokenClient = (principal: ApiPrincipal): TokenClient =>
  ({ id: principal.client, kind: 'token', grants: new Set<GrantType>(['client_credentials']), scope: undefined, principal })
