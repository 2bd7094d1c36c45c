import { Type, type Static } from '@sinclair/typebox'
import { User } from '../accounts/schema.js'
import { Nullable, Page, Time, Words, ref } from '../http/schema.js'
import { transports } from './state.js'

export const SessionId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })

/** The scope of a token request (RFC 6749 section 3.3). */
export const ScopeText = Type.String({ maxLength: 2048, pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+( [\\x21\\x23-\\x5b\\x5d-\\x7e]+)*$' })

/** A retry carries the same key: random, new for each rotation. */
export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(Type.String({ pattern: '^[\\x21-\\x7e]{16,128}$', description: '16 to 128 visible ASCII characters' }))
})

/** The words of the API for which sessions end, as the store has them. */
export const whichSessions = { this: 'one', others: 'others', all: 'all' } as const

export const TransportName = Words(['bearer', 'cookie'], { description: 'How the tokens travel, for as long as the session lasts' })

/** RFC 6749 section 5.1, and what a client needs to know when to come back. Durations are seconds. */
export const TokenPair = Type.Object({
  access_token: Type.Optional(Type.String({ description: 'Absent where the tokens are in cookies' })),
  refresh_token: Type.Optional(Type.String({ description: 'Absent where the tokens are in cookies, and with REFRESH_TOKENS=off' })),
  csrf_token: Type.Optional(Type.String({ description: 'Where the tokens are in cookies: what goes into X-CSRF-Token, the same as in the readable cookie' })),
  token_type: Words(['Bearer', 'DPoP']),
  expires_in: Type.Integer(),
  refresh_expires_in: Type.Optional(Type.Integer({ description: 'Absent with REFRESH_TOKENS=off' })),
  session_expires_in: Type.Integer(),
  scope: Type.String(),
  session_id: SessionId,
  user: ref(User)
}, { $id: 'TokenPair' })
/** A pair as it goes into a body, with or without the tokens themselves. */
export type TokenAnswer = Static<typeof TokenPair>
export type TokenPair = Omit<TokenAnswer, 'csrf_token'> & { access_token: string }

/** An access token of a session that there is already. Durations are seconds. */
export const AccessToken = Type.Object({
  access_token: Type.Optional(Type.String({ description: 'Absent where the tokens are in cookies' })),
  token_type: Words(['Bearer', 'DPoP']),
  expires_in: Type.Integer(),
  scope: Type.String(),
  session_id: SessionId
}, { $id: 'AccessToken' })
export type AccessAnswer = Static<typeof AccessToken>
export type AccessToken = AccessAnswer & { access_token: string }

/** An open session. */
export const Session = Type.Object({
  id: SessionId,
  created: Time,
  last_used: Time,
  ends: Time,
  transport: Words(transports),
  current: Type.Boolean({ description: 'Whether it is the one that asks' }),
  device: Type.Object({ ip: Nullable(Type.String()), user_agent: Nullable(Type.String()), label: Nullable(Type.String()) }, { description: 'Where it was opened; null is what is not known, or cannot be read any more' })
}, { $id: 'Session' })
export type Session = Static<typeof Session>

export const SessionList = Page(ref(Session))
