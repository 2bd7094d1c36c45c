import type { Device } from '../sessions/state.js'
import { actionOf } from './actions.js'
import { placeText, type StoredEvent } from './event.js'
import { isAccount } from './owners.js'
import type { AuditEvent } from './schema.js'

/** Who reads: their own events, or as an admin all of them. */
export interface Reader { user: string, all: boolean }

/** Opens a sealed device; null if it cannot be. */
export type OpenDevice = (owner: string, sealed: string) => Promise<Device | null>

type Details = Record<string, unknown>

/** An event as clients see it. Where somebody else acted from is shown to admins only. */
export async function presentEvent (event: StoredEvent, reader: Reader, open: OpenDevice): Promise<AuditEvent> {
  const mayKnow = reader.all || event.by === '' || event.by === reader.user
  const reveal = async (sealed: unknown): Promise<Device | null> =>
    mayKnow && typeof sealed === 'string' && sealed !== '' ? await open(event.owner, sealed) : null
  const { opened_from: openedFrom, ...details } = detailsIn(event.details)
  return {
    id: placeText(event),
    time: new Date(event.time).toISOString(),
    action: event.action,
    user: isAccount(event.owner) ? event.owner : null,
    by: event.by || null,
    session: event.session || null,
    result: actionOf(event.action)?.result ?? 'success',
    reason: event.reason || null,
    device: await reveal(event.device),
    details: openedFrom === undefined ? details : { ...details, opened_from: await reveal(openedFrom) }
  }
}

/** What cannot be read costs itself, and not the list that it is in. */
function detailsIn (text: string): Details {
  try {
    return text === '' ? {} : JSON.parse(text) as Details
  } catch {
    return {}
  }
}
