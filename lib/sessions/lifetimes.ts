import type { Config } from '../config/schema.js'

/** In milliseconds; without a lifetime of refresh tokens a session has none. */
export interface Lifetimes { access: number, refresh: number, session: number }

type Settings = Pick<Config, 'SESSION_TIMEOUT' | 'REFRESH_TIMEOUT' | 'SESSION_MAX_AGE' | 'REFRESH_TOKENS'>

/** How long what a session gives out is good for, in milliseconds. Without refresh tokens a session ends with its access token. */
export function lifetimesOf ({ SESSION_TIMEOUT: access, REFRESH_TIMEOUT: refresh, SESSION_MAX_AGE: session, REFRESH_TOKENS: refreshes }: Settings): Lifetimes {
  if (refreshes === 'off') return { access: access * 1000, refresh: 0, session: Math.min(access, session) * 1000 }
  return { access: access * 1000, refresh: refresh * 1000, session: session * 1000 }
}
