import type { UserPrincipal } from '../access/authorize.js'
import { scopeSet } from '../access/scopes.js'
import type { ApiToken } from '../api-tokens/schema.js'
import type { ApiTokens } from '../api-tokens/service.js'
import type { AuditStore } from '../audit/store.js'
import type { ErrorCode } from '../error-catalogue.js'
import { fail } from '../errors.js'
import type { Report } from '../events.js'
import { addressKey } from '../limits/address.js'
import type { Limit } from '../limits/limit.js'
import type { Codes } from './codes.js'
import type { DeviceApproval, WaitingDevice } from './schema.js'
import type { Closed, PairingStore, Waiting } from './store.js'

/** Who has a user code in front of them. */
export interface Approver { principal: UserPrincipal, address: string }

/** What users do with the code that a device shows. */
export interface Approvals {
  /** Which device shows this code. @throws `user_code_unknown`, `user_code_expired`, `user_code_used`, `too_many_requests` */
  look: (userCode: string, approver: Approver) => Promise<WaitingDevice>
  /** Has the device get an API token of the approver. @throws as `look` and `ApiTokens.create` */
  approve: (approval: DeviceApproval, approver: Approver) => Promise<ApiToken>
  /** @throws as `look` */
  deny: (userCode: string, approver: Approver) => Promise<void>
}

interface Parts {
  store: PairingStore
  codes: Codes
  apiTokens: Pick<ApiTokens, 'keep' | 'revoke'>
  audit: Pick<AuditStore, 'record'>
  /** How many codes one user and one address may try. */
  limits: { ofUser: Limit, fromAddress: Limit }
  report: Report
}

const closed: Record<Closed, ErrorCode> = { unknown: 'user_code_unknown', expired: 'user_code_expired', used: 'user_code_used' }

const refuse = (state: Closed): never => fail(closed[state])

/** A user as far as a token for a client goes, that may have no more than its client. */
function boundBy (most: string | undefined, principal: UserPrincipal): UserPrincipal {
  if (most === undefined) return principal
  const scope = scopeSet(most)
  return { ...principal, may: item => scope.has(item) && principal.may(item) }
}

const timeText = (ms: number): string => new Date(ms).toISOString()

export function createApprovals ({ store, codes, apiTokens, audit, limits, report }: Parts): Approvals {
  /** The code that somebody typed. Every one counts as a try, because it may be a guess (RFC 8628 section 5.1). */
  const read = async (typed: string, { principal, address }: Approver): Promise<{ userCode: string, pairing: string }> => {
    await limits.ofUser(principal.account.id)
    await limits.fromAddress(addressKey(address))
    const userCode = codes.readUserCode(typed) ?? refuse('unknown')
    return { userCode, pairing: await nameOf(userCode) }
  }

  /** Begun before a change of the secret, a pairing has a name of before. */
  const nameOf = async (userCode: string): Promise<string> => {
    const [name = '', ...former] = codes.pairingsOf(userCode)
    for (const other of former) if ((await store.look(other)).state !== 'unknown') return other
    return name
  }

  const waiting = async (pairing: string): Promise<Waiting> => {
    const found = await store.look(pairing)
    return found.state === 'pending' ? found : refuse(found.state)
  }

  return {
    look: async (typed, approver) => {
      const { userCode, pairing } = await read(typed, approver)
      const { asks, created, ends } = await waiting(pairing)
      return {
        user_code: userCode,
        device_name: asks.name,
        client_name: asks.client ?? null,
        address: asks.address,
        user_agent: asks.userAgent,
        scope: asks.scope,
        datasets: asks.datasets,
        requested_at: timeText(created),
        expires_at: timeText(ends)
      }
    },

    approve: async ({ user_code: typed, ...wanted }, approver) => {
      const { pairing } = await read(typed, approver)
      const { ends, asks: { most } } = await waiting(pairing)
      const user = approver.principal.account.id
      // Issued before the decision: should the service die in between, the token lapses with its pairing.
      const token = await apiTokens.keep(boundBy(most, approver.principal), wanted, ends)
      const outcome = await store.decide(pairing, { as: 'approved', user, token: token.id })
      if (outcome !== 'decided') {
        await apiTokens.revoke(user, token.id, 'pairing_closed')
        return refuse(outcome)
      }
      await audit.record(user, { action: 'device_approved', details: { pairing, token: token.id } })
      report({ type: 'device_approved', user, pairing, token: token.id })
      return token
    },

    deny: async (typed, approver) => {
      const { pairing } = await read(typed, approver)
      const user = approver.principal.account.id
      const outcome = await store.decide(pairing, { as: 'denied', user })
      if (outcome !== 'decided') return refuse(outcome)
      await audit.record(user, { action: 'device_denied', details: { pairing } })
      report({ type: 'device_denied', user, pairing })
    }
  }
}
