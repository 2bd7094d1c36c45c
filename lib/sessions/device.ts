import { openStored, type Seal } from '../sealing/seal.js'
import type { Session } from './schema.js'
import type { Device } from './state.js'

const FIELD = 'device'

const unknown: Session['device'] = { ip: null, user_agent: null, label: null }

export const sealDevice = (seal: Seal, device: Device): string => seal.seal(FIELD, JSON.stringify(device))

/** The device of a session as it was stored; one that cannot be opened is unknown, and spoils nothing else. */
export function openDevice (seal: Seal, stored: string): Session['device'] {
  const text = openStored(seal, FIELD, stored)
  if (!text) return unknown
  try {
    const device = JSON.parse(text) as Partial<Device> | null
    return { ip: device?.ip ?? null, user_agent: device?.user_agent ?? null, label: device?.label ?? null }
  } catch {
    return unknown
  }
}
