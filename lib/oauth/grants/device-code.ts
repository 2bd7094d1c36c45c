import { Type } from '@sinclair/typebox'
import { fail } from '../../errors.js'
import type { Grant } from './grant.js'

const Body = Type.Object({
  grant_type: Type.Literal('urn:ietf:params:oauth:grant-type:device_code'),
  device_code: Type.String({ minLength: 1 })
})

/** RFC 8628 section 3.4; what a device gets is an API token, which no refresh token follows. */
export const deviceCodeGrant: Grant<typeof Body> = {
  grantType: 'urn:ietf:params:oauth:grant-type:device_code',
  schema: Body,
  exchange: async ({ devices }, { device_code: deviceCode }, { client, abandoned }) => {
    if (abandoned()) return fail('request_too_late', { retryAfter: 1 })
    const { token, ...rest } = await devices.poll(deviceCode, client.id)
    return { access_token: token, token_type: 'Bearer', ...rest }
  }
}
