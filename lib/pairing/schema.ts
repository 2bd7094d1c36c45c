import { Type, type Static } from '@sinclair/typebox'
import { NewApiToken } from '../api-tokens/schema.js'
import { permissions } from '../api-tokens/grants.js'
import { Nullable, Time, Words } from '../http/schema.js'
import { ScopeText } from '../sessions/schema.js'

/** What a device sends to be paired (RFC 8628 section 3.1), and what it says of itself. */
export const DeviceForm = Type.Object({
  scope: Type.Optional(ScopeText),
  device_name: Type.Optional(Type.String({ maxLength: 100, description: 'What the approving user reads' })),
  datasets: Type.Optional(Type.String({ maxLength: 1000, description: 'What the device would like to have, as `glob/read,write;glob2/read`; the user decides' }))
})
export type DeviceForm = Static<typeof DeviceForm>

/** RFC 8628 section 3.2. Durations are seconds. */
export const DeviceAuthorization = Type.Object({
  device_code: Type.String(),
  user_code: Type.String(),
  verification_uri: Type.String(),
  verification_uri_complete: Type.String(),
  expires_in: Type.Integer(),
  interval: Type.Integer()
}, { $id: 'DeviceAuthorization' })
export type DeviceAuthorization = Static<typeof DeviceAuthorization>

const UserCode = Type.String({ minLength: 1, maxLength: 64, description: 'As the device shows it; letter case, dashes and spaces do not matter' })

/** What a user sends who has a code in front of them. */
export const UserCodeBody = Type.Object({ user_code: UserCode }, { additionalProperties: false })

/** The API token that a device is to get. */
export const DeviceApproval = Type.Object({
  user_code: UserCode,
  ...Type.Pick(NewApiToken, ['name', 'datasets', 'expires_in', 'expires_at']).properties
}, { additionalProperties: false })
export type DeviceApproval = Static<typeof DeviceApproval>

/** A device that waits for a user. */
export const WaitingDevice = Type.Object({
  user_code: Type.String(),
  device_name: Nullable(Type.String({ description: 'What the device calls itself' })),
  client_name: Nullable(Type.String({ description: 'What the operator calls its client; null for one that did not prove which it is' })),
  address: Type.String({ description: 'Where it asks from' }),
  user_agent: Nullable(Type.String()),
  scope: Type.String({ description: 'What it asks for; only a suggestion, like `datasets`' }),
  datasets: Type.Record(Type.String({ description: 'A glob of scan ids' }), Type.Array(Words(permissions))),
  requested_at: Time,
  expires_at: Time
}, { $id: 'WaitingDevice' })
export type WaitingDevice = Static<typeof WaitingDevice>
