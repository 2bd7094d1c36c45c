import { AsyncLocalStorage } from 'node:async_hooks'
import type { Device } from '../sessions/state.js'

/** Who is behind a call, as far as is known. */
export interface Acting {
  /** Id of the account that is signed in, `operator` for the command line, `system` for the service itself, or '' for nobody. */
  by: string
  /** The session in which they act, or ''. */
  session: string
  device: Device | null
}

/** Carries who acts beside the calls, through services and stores that need not know of it. */
export interface ActingContext {
  /** Who acts now. */
  current: () => Acting
  /** @param who asked whenever something is recorded, since a caller becomes known only on the way */
  run: <T>(who: () => Acting, act: () => T) => T
  /** For what the service does by itself, in whosever call it comes to it. */
  byItself: <T>(act: () => T) => T
}

const theService: Acting = { by: 'system', session: '', device: null }

// One for the process: where there are many, Node carries each of them along with every promise, used or not.
const storage = new AsyncLocalStorage<() => Acting>()

export function createActingContext (): ActingContext {
  return {
    current: () => storage.getStore()?.() ?? theService,
    run: (who, act) => storage.run(who, act),
    byItself: act => storage.run(() => theService, act)
  }
}
