import type { ApiTokens, CollectedToken } from '../api-tokens/service.js'
import type { ErrorCode } from '../error-catalogue.js'
import { fail } from '../errors.js'
import type { Report } from '../events.js'
import { addressKey } from '../limits/address.js'
import type { Limit } from '../limits/limit.js'
import type { Device } from '../sessions/state.js'
import { askingOf, type DeviceClient } from './asking.js'
import type { Codes } from './codes.js'
import type { DeviceAuthorization, DeviceForm } from './schema.js'
import type { Asking, Pace, PairingStore, Polled } from './store.js'

/** Devices without a keyboard, which get an API token that a user approves elsewhere (RFC 8628). */
export interface Devices {
  /** Gives a device its codes, which are good for its client only. @throws `invalid_request`, `invalid_scope`, `too_many_requests` */
  begin: (form: DeviceForm, device: Device, client: DeviceClient) => Promise<DeviceAuthorization>
  /**
   * The token that was approved. A device that lost the answer may ask again for a minute and is given the
   * same one, minted anew; no token is kept.
   * @throws `authorization_pending`, `slow_down`, `access_denied`, `expired_token`, `invalid_grant`
   */
  poll: (deviceCode: string, client: string) => Promise<CollectedToken>
}

interface Parts {
  store: PairingStore
  codes: Codes
  apiTokens: Pick<ApiTokens, 'collect'>
  pace: Pick<Pace, 'lifetime' | 'interval'>
  /** Where users enter codes. */
  verificationUri: string
  /** How many devices may begin from one address. */
  limit: Limit
  report: Report
}

/** How many user codes are tried before giving up because all of them were taken. */
const ATTEMPTS = 5

const refusals: Record<Exclude<Polled['state'], 'approved'>, ErrorCode> = {
  pending: 'authorization_pending',
  early: 'slow_down',
  denied: 'access_denied',
  expired: 'expired_token',
  spent: 'invalid_grant',
  unknown: 'invalid_grant'
}

export function createDevices ({ store, codes, apiTokens, pace, verificationUri, limit, report }: Parts): Devices {
  const begin = async (asks: Asking, client: string, attempts: number): Promise<DeviceAuthorization> => {
    if (attempts === 0) return fail('overloaded', { retryAfter: 5 })
    const userCode = codes.newUserCode()
    const pairing = codes.pairingOf(userCode)
    const deviceCode = codes.newDeviceCode(pairing)
    if (!await store.begin(pairing, codes.hash(deviceCode, client), asks)) return await begin(asks, client, attempts - 1)
    report({ type: 'device_requested', pairing })
    return {
      device_code: deviceCode,
      user_code: userCode,
      verification_uri: verificationUri,
      // In the fragment, which is sent to no server and stands in no log.
      verification_uri_complete: `${verificationUri}#${userCode}`,
      expires_in: Math.floor(pace.lifetime / 1000),
      interval: pace.interval / 1000
    }
  }

  const pollWith = async (pairing: string, [hash = '', ...others]: string[]): Promise<Polled> => {
    const polled = await store.poll(pairing, hash)
    return polled.state === 'unknown' && others.length > 0 ? await pollWith(pairing, others) : polled
  }

  return {
    begin: async (form, device, client) => {
      await limit(addressKey(device.ip))
      return await begin(askingOf(form, device, client), client.id, ATTEMPTS)
    },

    poll: async (deviceCode, client) => {
      const { pairing, hashes } = codes.readDeviceCode(deviceCode, client) ?? fail('invalid_grant')
      const polled = await pollWith(pairing, hashes)
      if (polled.state !== 'approved') return fail(refusals[polled.state])
      return await apiTokens.collect(polled.user, polled.token) ?? fail('access_denied')
    }
  }
}
