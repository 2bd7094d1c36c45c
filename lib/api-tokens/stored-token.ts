import type { Fields } from '../redis/script.js'

export const statuses = ['active', 'expired', 'revoked'] as const
export type Status = typeof statuses[number]

/** An API token as the store keeps it. Times are milliseconds since the epoch. */
export interface StoredToken {
  id: string
  name: string
  /** Grants in the form of the claim. */
  datasets: string
  scope: string
  meta: Record<string, unknown>
  created: number
  expires: number
  used: number | null
  status: Status
  ended: number | null
  reason: string | null
  /** Its place in the lists. */
  place: string
}

const time = (text: string | undefined): number | null => text ? Number(text) : null

/** @param now milliseconds since the epoch */
export function storedToken (fields: Fields, now: number): StoredToken {
  const expires = Number(fields.expires)
  const how = fields.how as Status | undefined
  return {
    id: fields.id ?? '',
    name: fields.name ?? '',
    datasets: fields.datasets ?? '',
    scope: fields.scope ?? '',
    meta: JSON.parse(fields.meta ?? '{}') as Record<string, unknown>,
    created: Number(fields.created),
    expires,
    used: time(fields.used),
    status: how ?? (expires <= now ? 'expired' : 'active'),
    ended: time(fields.ended) ?? (expires <= now ? expires : null),
    reason: fields.reason ?? (expires <= now ? 'expired' : null),
    place: fields.place ?? ''
  }
}
