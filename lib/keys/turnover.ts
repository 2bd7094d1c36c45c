import { keeperOf, keepKey, keepSecret } from './keeping.js'
import type { Master } from './master.js'
import type { Secrets } from './secrets.js'
import type { RingState } from './state.js'
import type { KeyStore } from './store.js'
import type { Replica } from './transitions.js'

/** How far a pass over all accounts has come; `after` is the last of them that was done, in the order of ids. */
export interface Progress { done: number, total: number, after: string }

/** What has to be done before a former secret can go. */
export interface Turnover {
  /** Asks for the turn: one replica at a time has it, while it comes back in time. @returns where to go on, or undefined */
  turn: () => Promise<Progress | undefined>
  /** Says how far it has come, and keeps the turn. @returns whether it still is its own */
  report: (progress: Progress) => Promise<boolean>
  /** All is sealed anew: keeps what is still needed of former secrets, and gives them up. */
  finish: () => Promise<void>
}

interface Parts {
  store: KeyStore
  replica: Replica
  masters: ReadonlyMap<string, Master>
  state: RingState
  secrets: Secrets
}

const start: Progress = { done: 0, total: 0, after: '' }

export const progressText = (progress: Progress | undefined): string => progress === undefined
  ? 'it is still in use, and what it sealed was not sealed anew yet'
  : `${progress.done} of ${progress.total} accounts are sealed anew`

export function createTurnover ({ store, replica, masters, state, secrets }: Parts): Turnover {
  return {
    turn: async () => {
      const turn = await store.turn(replica, null)
      return turn.mine ? turn.progress ?? start : undefined
    },
    report: async progress => (await store.turn(replica, progress)).mine,
    finish: async () => {
      const [inUse, ...others] = secrets()
      const master = masters.get(inUse.id)
      if (!master) return
      const keeper = keeperOf(master)
      const keys = state.ring().filter(({ secret }) => secret !== inUse.id).map(({ kid }) => state.find(kid)).filter(key => key !== undefined)
      const seen = await store.finish(replica, {
        secret: inUse.id,
        keys: Object.fromEntries(keys.map(key => [key.kid, keepKey(keeper, key)])),
        former: Object.fromEntries(others.map(other => [other.id, keepSecret(keeper, other)]))
      })
      await state.take(seen)
    }
  }
}
