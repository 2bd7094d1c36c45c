import type { Seal } from '../sealing/seal.js'
import { openDevice } from './device.js'
import type { Session } from './schema.js'
import type { SessionState } from './state.js'

const time = (ms: number): string => new Date(ms).toISOString()

/**
 * A session as its user sees it.
 * @param seal of that user
 * @param current id of the session that asks
 */
export const present = (session: SessionState, seal: Seal, current: string): Session => ({
  id: session.id,
  created: time(session.created),
  last_used: time(session.used),
  ends: time(session.ends),
  transport: session.transport,
  current: session.id === current,
  device: openDevice(seal, session.device)
})
