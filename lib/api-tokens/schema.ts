import { Type, type Static } from '@sinclair/typebox'
import { Nullable, Page, PageQuery, Time, Words, ref } from '../http/schema.js'
import { ScopeText } from '../sessions/schema.js'
import { LONGEST_SECONDS } from './expiry.js'
import { permissions } from './grants.js'
import { statuses } from './stored-token.js'

export const ApiTokenId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })

/** What clients keep with a token, for themselves. */
const Meta = Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), { maxProperties: 32, description: 'Of the client\'s own; at most 2 KiB as JSON' })

/** A token of a machine, without its secret. */
export const ApiToken = Type.Object({
  id: Type.String(),
  name: Type.String(),
  datasets: Type.Record(Type.String({ description: 'A glob of scan ids' }), Type.Array(Words(permissions))),
  scope: Type.String(),
  meta: Type.Record(Type.String(), Type.Unknown()),
  created: Time,
  expires_at: Time,
  last_used: Nullable(Time),
  status: Words(statuses),
  ended_at: Nullable(Time),
  ended_reason: Nullable(Type.String())
}, { $id: 'ApiToken' })
export type ApiToken = Static<typeof ApiToken>

/** The answer to a creation, the only one with the token itself. */
export const IssuedToken = Type.Composite([ApiToken, Type.Object({
  token: Type.String({ description: 'Shown once' }),
  expires_in: Type.Integer({ description: 'Seconds' }),
  next_eligible_at: Time
})], { $id: 'IssuedApiToken' })
export type IssuedToken = Static<typeof IssuedToken>

export const NewApiToken = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100 }),
  expires_in: Type.Optional(Type.Integer({ minimum: 1, maximum: LONGEST_SECONDS, description: 'Seconds; 30 days if neither this nor expires_at is given' })),
  expires_at: Type.Optional(Type.String({ maxLength: 40, description: 'A time (RFC 3339), or a date, with whose end the token expires (UTC)' })),
  datasets: Type.Record(Type.String(), Type.Array(Type.String({ maxLength: 32 }), { maxItems: 8 }), { description: 'Per glob of scan ids (`*`, `?`, `[a-z]`) what is allowed: read, write, create, delete' }),
  scope: Type.Optional({ ...ScopeText, maxLength: 1000, description: 'Space separated; what the permissions need, if not given' }),
  meta: Type.Optional(Meta),
  replace: Type.Optional(Type.Boolean({ description: 'Ends the other API tokens of the account in the same moment' }))
}, { additionalProperties: false })
export type NewApiToken = Static<typeof NewApiToken>

export const ApiTokenQuery = Type.Object({
  ...PageQuery.properties,
  status: Words([...statuses, 'all'], { default: 'active' }),
  since: Type.Optional(Type.String({ format: 'date-time', description: 'Only tokens created then or later' }))
}, { additionalProperties: false })
export type ApiTokenQuery = Static<typeof ApiTokenQuery>

export const ApiTokenList = Page(ref(ApiToken))

export const Eligibility = Type.Object({
  eligible: Type.Boolean(),
  used_today: Type.Integer({ description: 'Tokens issued within the last 24 hours' }),
  daily_limit: Nullable(Type.Integer()),
  next_eligible_at: Time,
  reason: Nullable(Words(['cooldown', 'daily_limit']))
})
export type Eligibility = Static<typeof Eligibility>
