import { openStored } from '../sealing/seal.js'
import type { Sealing } from '../sealing/service.js'
import type { Device } from '../sessions/state.js'
import { isAccount } from './owners.js'
import type { OpenDevice } from './present.js'
import type { SealDevice } from './stamp.js'

const FIELD = 'device'

/** Seals devices under the key of whose stream they go to, and opens them; with an account goes what was sealed for it. */
export function createDevices ({ forUser, anonymous }: Pick<Sealing, 'forUser' | 'anonymous'>): { seal: SealDevice, open: OpenDevice } {
  const sealOf = async (owner: string) => isAccount(owner) ? await forUser(owner) : anonymous
  return {
    seal: async (owner, device, seal) => (seal ?? await sealOf(owner)).seal(FIELD, JSON.stringify(device)),
    open: async (owner, sealed) => JSON.parse(openStored(await sealOf(owner), FIELD, sealed) ?? 'null') as Device | null
  }
}
