import type { Concerned } from '../batch.js'
import { asProblem } from '../disk.js'
import type { Listing } from '../listing.js'
import type { Change, Plan } from '../plan.js'
import type { Permit } from './permit.js'

/** A change that waits for its turn. `again`: it was planned before; `refused`: it was told that it cannot be. */
export interface Waiting extends Concerned { permit: Permit, change: Change, again: boolean, refused: boolean, resolve: () => void, reject: (error: unknown) => void }
export interface Planned { waiting: Waiting, plan: Plan }

/** Asks the changes of a batch whether they still may, and plans them one after the other, each on what the ones before it made. */
export async function planBatch (batch: readonly Waiting[], listing: Listing): Promise<Planned[]> {
  const planned: Planned[] = []
  const asked = await Promise.allSettled(batch.map(async ({ permit }) => await permit.ask()))
  for (const [i, waiting] of batch.entries()) {
    try {
      const answer = asked[i]!
      if (answer.status === 'rejected') throw answer.reason
      const plan = await waiting.change(listing, waiting.again)
      await plan.list?.(listing)
      waiting.again = true
      planned.push({ waiting, plan })
    } catch (error) {
      waiting.again = false
      waiting.refused = true
      waiting.reject(asProblem(error))
    }
  }
  return planned
}
