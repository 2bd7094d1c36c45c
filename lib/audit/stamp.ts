import type { Seal } from '../sealing/seal.js'
import type { Device } from '../sessions/state.js'
import type { Acting } from './acting.js'

/** Seals where a call came from, so that only this installation can read it. @param owner whose stream it goes to */
export type SealDevice = (owner: string, device: Device, seal?: Seal) => Promise<string>

/**
 * What a script is told of the call that it is part of: its skew and who acts, as `audit.lua` reads it.
 * @param owner the user whose keys the script touches
 * @param seal that of an owner who is only being made
 */
export type Stamp = (owner: string, seal?: Seal) => Promise<string>

interface Parts { acting: () => Acting, seal: SealDevice, skew: () => number }

export const createStamp = ({ acting, seal, skew }: Parts): Stamp => async (owner, ownSeal) => {
  const { by, session, device } = acting()
  return [skew(), by, session, device === null ? '' : await seal(owner, device, ownSeal)].join('|')
}
