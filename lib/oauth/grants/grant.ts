import type { Static, TObject } from '@sinclair/typebox'
import type { Accounts } from '../../accounts/service.js'
import type { Proof } from '../../dpop/proof.js'
import type { TokenPair } from '../../sessions/schema.js'
import type { Devices } from '../../pairing/devices.js'
import type { Sessions } from '../../sessions/service.js'
import type { Device } from '../../sessions/state.js'
import type { Client } from '../client.js'
import type { ClientTokens } from '../client-tokens.js'
import type { TokenResponse } from '../schema.js'
import type { GrantType } from './types.js'

/** What a token request says beside its body. */
export interface TokenRequest {
  /** The Authorization header, if there was one. */
  authorization: string | undefined
  device: Device
  idempotencyKey: string | undefined
  abandoned: () => boolean
  /** What proves a key that tokens are to be bound to. @throws `invalid_dpop_proof` */
  proof: () => Proof | undefined
}

export interface GrantServices { accounts: Accounts, sessions: Sessions, devices: Devices, clientTokens: ClientTokens }

/** One way to get tokens (RFC 6749 section 4). */
export interface Grant<T extends TObject = TObject> {
  grantType: GrantType
  schema: T
  exchange: (services: GrantServices, body: Static<T>, request: TokenRequest & { client: Client }) => Promise<TokenResponse>
}

/** The answer to a token request that opened or went on with a session. */
export const sessionTokens = (pair: TokenPair): TokenResponse => ({
  access_token: pair.access_token,
  token_type: pair.token_type,
  expires_in: pair.expires_in,
  ...(pair.refresh_token === undefined ? {} : { refresh_token: pair.refresh_token }),
  ...(pair.refresh_expires_in === undefined ? {} : { refresh_expires_in: pair.refresh_expires_in }),
  scope: pair.scope
})
