import { scopeList, scopeText, type ScopesOf } from '../access/scopes.js'
import type { AccountStore } from '../accounts/store.js'
import { grantsText } from '../api-tokens/grants.js'
import type { Proof } from '../dpop/proof.js'
import type { AuditStore } from '../audit/store.js'
import { fail } from '../errors.js'
import { narrowed, within } from '../sessions/scope.js'
import type { Codec } from '../tokens/codec.js'
import type { Client } from './client.js'
import type { TokenResponse } from './schema.js'

/** What an access token for a client itself says of it; `expires` is the latest second in which it may expire. */
interface Standing { user: string, username: string, allowed: ReadonlySet<string>, datasets?: string, expires: number }

/** Access tokens for clients themselves, where no user is there. */
export interface ClientTokens {
  /** @throws `unauthorized_client`, `insufficient_scope`, `too_many_requests`, `invalid_dpop_proof` */
  issue: (client: Client, scope: string | undefined, proof: Proof | undefined) => Promise<TokenResponse>
}

interface Parts {
  codec: Codec
  accounts: Pick<AccountStore, 'byUsername'>
  scopesOf: ScopesOf
  audit: Pick<AuditStore, 'record'>
  /** Counts a call of a client. @throws `too_many_requests` */
  count: (client: string) => void
  /** Seconds. */
  lifetime: number
  randomId: () => string
  /** Milliseconds since the epoch. */
  now: () => number
}

/**
 * A token of an API token has at most its scope, its data sets and its life; one of a registered client what
 * both the client and the account that it acts as may have. Neither outlives what it comes from: each call asks.
 */
export function createClientTokens ({ codec, accounts, scopesOf, audit, count, lifetime, randomId, now }: Parts): ClientTokens {
  const standingOf = async (client: Client): Promise<Standing> => {
    if (client.kind === 'token') {
      const { account, scope, may, datasets, expires } = client.principal
      return { user: account.id, username: account.username, allowed: new Set(scopeList(scope).filter(may)), datasets: grantsText(datasets), expires }
    }
    const account = client.kind === 'confidential' && client.account !== undefined ? await accounts.byUsername(client.account) : undefined
    if (!account?.active) return fail('unauthorized_client', { about: { client: client.id } })
    return { user: account.id, username: account.username, allowed: within(scopesOf(account), client.scope), expires: Infinity }
  }

  return {
    issue: async (client, asked, proof) => {
      count(client.id)
      const { user, username, allowed, datasets, expires } = await standingOf(client)
      const scope = asked === undefined ? scopeText(allowed) : narrowed(asked, allowed, { user })
      const iat = Math.floor(now() / 1000)
      const exp = Math.min(Math.floor(iat + lifetime), expires)
      const ofSets = datasets === undefined ? {} : { datasets }
      await proof?.spend()
      const bound = proof ? { cnf: { jkt: proof.jkt } } : {}
      const jti = randomId()
      await audit.record(user, { action: 'client_token_issued', details: { client: client.id, scope, token: jti } })
      const token = codec.sign('access', { sub: user, username, client_id: client.id, gty: 'client_credentials', jti, iat, exp, scope, ...ofSets, ...bound }, await codec.signing())
      return { access_token: token, token_type: proof ? 'DPoP' : 'Bearer', expires_in: exp - iat, scope, ...ofSets }
    }
  }
}
