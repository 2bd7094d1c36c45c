import type { Fields } from '../redis/script.js'

/** How the tokens of a session travel: in bodies and the Authorization header, alone or with proofs of a key (`dpop`), or in cookies of a browser. */
export const transports = ['bearer', 'cookie', 'dpop'] as const
export type Transport = typeof transports[number]

export const transportFrom = (word: unknown): Transport => transports.find(transport => transport === word) ?? 'bearer'

/** A session as the store keeps it. Times are milliseconds since the epoch, except `authTime` (seconds). */
export interface SessionState {
  id: string
  generation: number
  jti: string
  rotated: number
  refreshExpires: number
  ends: number
  scope: string
  authTime: number
  transport: Transport
  /** Thumbprint of the key that its tokens are bound to, or ''. */
  jkt: string
  clientId: string
  /** Sealed, see `device.ts`. */
  device: string
  created: number
  used: number
  /** Of the key that signed its refresh token. */
  refreshKid: string
  access: { jti: string, issued: number, expires: number, scope: string, kid: string }
}

/** Where a session was opened. */
export interface Device { ip: string, user_agent: string | null, label: string | null }

export const sessionState = (id: string, fields: Fields): SessionState => ({
  id,
  generation: Number(fields.gen),
  jti: fields.jti ?? '',
  rotated: Number(fields.rot),
  refreshExpires: Number(fields.exp),
  ends: Number(fields.end),
  scope: fields.scope ?? '',
  authTime: Number(fields.auth_time),
  transport: transportFrom(fields.transport),
  jkt: fields.jkt ?? '',
  clientId: fields.client_id ?? '',
  device: fields.device ?? '',
  created: Number(fields.created),
  used: Number(fields.used),
  refreshKid: fields.refresh_kid ?? fields.kid ?? '',
  access: {
    jti: fields.access_jti ?? '',
    issued: Number(fields.access_iat),
    expires: Number(fields.access_exp),
    scope: fields.access_scope ?? '',
    kid: fields.kid ?? ''
  }
})
