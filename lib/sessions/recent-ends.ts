import type { AuthEvent } from '../events.js'
import type { SessionStore } from './store.js'

type Ended = Extract<AuthEvent, { type: 'sessions_ended' }>

/**
 * Remembers the sessions that ended lately. A store that was restored from its last snapshot or failed over
 * may have lost those ends; repeating them keeps a logout a logout.
 */
export interface RecentEnds {
  note: (event: AuthEvent) => void
  /** Ends them once more. */
  repeat: () => Promise<void>
}

const REMEMBERED_MS = 600_000

export function createRecentEnds ({ store, now }: { store: SessionStore, now: () => number }): RecentEnds {
  let ends: Array<{ at: number, event: Ended }> = []
  return {
    note: event => {
      if (event.type !== 'sessions_ended') return
      const oldest = now() - REMEMBERED_MS
      if ((ends[0]?.at ?? Infinity) < oldest) ends = ends.filter(({ at }) => at >= oldest)
      ends.push({ at: now(), event })
    },
    repeat: async () => {
      const oldest = now() - REMEMBERED_MS
      for (const { at, event } of ends) {
        if (at < oldest) continue
        for (const session of event.sessions) await store.end(event.user, 'one', session, event.reason)
      }
    }
  }
}
