import { scopeText, type ScopesOf } from '../access/scopes.js'
import type { Account } from '../accounts/account.js'
import type { Proof } from '../dpop/proof.js'
import { fail } from '../errors.js'
import type { Report } from '../events.js'
import type { Sealing } from '../sealing/service.js'
import type { Codec } from '../tokens/codec.js'
import { OURS, type SessionClient } from './client.js'
import { sealDevice } from './device.js'
import { graceOf } from './grace.js'
import { mintPair } from './mint.js'
import type { TokenPair } from './schema.js'
import { narrowed, within } from './scope.js'
import type { Device, Transport } from './state.js'
import type { SessionStore } from './store.js'

/** A login whose password was verified; its tokens are bound to the key that is proved with it. */
export interface Login {
  account: Account
  scope: string | undefined
  device: Device
  transport?: Transport
  proof?: Proof | undefined
  /** Whose tokens they are, and the most that those may carry; default: our own client, which may all that the account may. */
  client?: SessionClient
  /** Where they sign in; default: `login`. */
  door?: 'login' | 'token endpoint'
}

/** What a session is opened with. */
export interface OpenParts {
  store: SessionStore
  codec: Codec
  sealing: Pick<Sealing, 'forUser'>
  /** Milliseconds; undefined where the operator has not set any. */
  grace: number | undefined
  scopesOf: ScopesOf
  randomId: () => string
  report: Report
}

/** Opens a session, and ends those that make room for it. */
export const createOpen = ({ store, codec, sealing, grace, scopesOf, randomId, report }: OpenParts) =>
  async ({ account, scope, device, proof, transport: asked = 'bearer', client = OURS, door = 'login' }: Login): Promise<TokenPair> => {
    const allowed = within(scopesOf(account), client.scope)
    const transport = proof ? 'dpop' : asked
    await proof?.spend()
    const opened = await store.open({
      user: account.id,
      id: randomId(),
      jti: randomId(),
      password: account.password,
      scope: scope === undefined ? scopeText(allowed) : narrowed(scope, allowed, { user: account.id }),
      transport,
      clientId: client.id,
      jkt: proof?.jkt,
      grace: graceOf(transport, door, grace),
      device: sealDevice(await sealing.forUser(account.id), device),
      accessJti: randomId(),
      kid: await codec.signing()
    })
    if (opened.outcome === 'limit') return fail('session_limit_reached')
    if (opened.outcome !== 'opened') return fail('invalid_credentials')
    report({ type: 'login', user: account.id, session: opened.session.id })
    if (opened.evicted.length > 0) report({ type: 'sessions_ended', user: account.id, sessions: opened.evicted, reason: 'evicted' })
    return mintPair(codec, opened, true)
  }
