import type { Static, TObject } from '@sinclair/typebox'
import type { Accounts } from '../../accounts/service.js'
import type { TokenPair } from '../../sessions/schema.js'
import type { Sessions } from '../../sessions/service.js'
import type { Device } from '../../sessions/state.js'

/** What a token request says beside its body. */
export interface TokenRequest {
  device: Device
  idempotencyKey: string | undefined
  abandoned: () => boolean
}

/** One way to get tokens (RFC 6749 section 4). */
export interface Grant<T extends TObject = TObject> {
  grantType: string
  schema: T
  exchange: (services: { accounts: Accounts, sessions: Sessions }, body: Static<T>, request: TokenRequest) => Promise<TokenPair>
}
