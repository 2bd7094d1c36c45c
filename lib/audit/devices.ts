import { openStored, type Seal } from '../sealing/seal.js'
import type { Sealing } from '../sealing/service.js'
import type { Device } from '../sessions/state.js'
import { isAccount } from './owners.js'
import type { OpenDevice } from './present.js'
import type { SealDevice } from './stamp.js'

const FIELD = 'device'

/** Seals devices under the key of whose stream they go to, and opens them; with an account goes what was sealed for it. */
export function createDevices ({ forUser, anonymous }: Pick<Sealing, 'forUser' | 'anonymous'>): { seal: SealDevice, open: OpenDevice } {
  const sealOf = async (owner: string) => isAccount(owner) ? await forUser(owner) : anonymous
  /** What each seal of a user, which is remembered for a minute, has sealed last: most calls come from where the one before came from. */
  const last = new WeakMap<Seal, { text: string, sealed: string }>()
  const sealAgain = (seal: Seal, text: string): string => {
    const before = last.get(seal)
    if (before?.text === text) return before.sealed
    const sealed = seal.seal(FIELD, text)
    last.set(seal, { text, sealed })
    return sealed
  }

  return {
    seal: async (owner, device, seal) => {
      const text = JSON.stringify(device)
      const by = seal ?? await sealOf(owner)
      return isAccount(owner) ? sealAgain(by, text) : by.seal(FIELD, text)
    },
    open: async (owner, sealed) => JSON.parse(openStored(await sealOf(owner), FIELD, sealed) ?? 'null') as Device | null
  }
}
