import { grantsFrom } from './grants.js'
import type { ApiToken } from './schema.js'
import type { StoredToken } from './stored-token.js'

/** A time of the store (milliseconds since the epoch) as clients see it. */
export const timeText = (ms: number): string => new Date(ms).toISOString()

/** A token as clients see it, without its secret. */
export const present = ({ id, name, datasets, scope, meta, created, expires, used, status, ended, reason }: StoredToken): ApiToken => ({
  id,
  name,
  datasets: Object.fromEntries(Object.entries(grantsFrom(datasets)).map(([glob, words]) => [glob, [...words]])),
  scope,
  meta,
  created: timeText(created),
  expires_at: timeText(expires),
  last_used: used === null ? null : timeText(used),
  status,
  ended_at: ended === null ? null : timeText(ended),
  ended_reason: reason
})
