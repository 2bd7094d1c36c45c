import { timingSafeEqual } from 'node:crypto'
import { Counter, Registry, collectDefaultMetrics } from 'prom-client'
import { fail } from './errors.js'
import type { AuthEvent } from './events.js'
import { isLoopbackAddress } from './http/loopback.js'

/** Counts what happens, for Prometheus. */
export interface Metrics {
  count: (event: AuthEvent) => void
  /**
   * The metrics in Prometheus' text format.
   * @throws `authentication_required` for a caller who may not read them
   */
  read: (ip: string, authorization: string | undefined) => Promise<{ type: string, text: string }>
}

/** @param token `METRICS_TOKEN`; without one only callers on this machine may read */
export function createMetrics (token: string | undefined): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const events = new Counter({ name: 'guardcell_auth_events_total', help: 'Events of accounts and sessions', labelNames: ['type', 'outcome'], registers: [registry] })
  const ends = new Counter({ name: 'guardcell_sessions_ended_total', help: 'Sessions that ended before they lapsed', labelNames: ['reason'], registers: [registry] })
  const limited = new Counter({ name: 'guardcell_limited_total', help: 'Calls that a limit did not let through', labelNames: ['kind'], registers: [registry] })
  return {
    count: event => {
      if (event.type === 'limited') return limited.inc({ kind: event.kind })
      if (event.type === 'sessions_ended') return ends.inc({ reason: event.reason }, event.sessions.length)
      events.inc({ type: event.type, outcome: 'outcome' in event ? event.outcome : '' })
    },
    read: async (ip, authorization) => {
      if (!mayRead(token, ip, authorization)) return fail('authentication_required')
      return { type: registry.contentType, text: await registry.metrics() }
    }
  }
}

/** Whether a caller may read the metrics: with the token if one is set, else from this machine only. */
function mayRead (token: string | undefined, ip: string, authorization: string | undefined): boolean {
  if (token === undefined) return isLoopbackAddress(ip)
  const given = Buffer.from(/^bearer +(?<token>.+)$/i.exec(authorization ?? '')?.groups?.token ?? '')
  const wanted = Buffer.from(token)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
