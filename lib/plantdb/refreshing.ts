import type { Actor } from '../datasets/rights.js'
import type { Datasets } from '../datasets/service.js'
import { addressKey } from '../limits/address.js'
import type { Limit } from '../limits/limit.js'

/** Reading the folder again, for whoever may read. */
export interface Refreshing {
  /** @throws `too_many_requests`; what is asked for while it runs is done together, once it has ended */
  all: (actor: Actor) => Promise<{ message: string }>
  /** @throws `too_many_requests`, `scan_not_found` */
  one: (actor: Actor, scan: string, address: string) => Promise<{ message: string }>
}

interface Parts { datasets: Datasets, limits: { all: Limit, one: Limit } }

/** Does work for all who ask at the same time. Who asks while it runs shares the next run, which sees what is new since. */
export function shared (work: () => Promise<unknown>): () => Promise<void> {
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  const run = async (): Promise<void> => {
    try {
      await work()
    } finally {
      running = undefined
    }
  }
  const after = async (before: Promise<void> | undefined): Promise<void> => {
    await before?.catch(() => {})
    next = undefined
    running = run()
    await running
  }
  return async () => {
    if (running ?? next) return await (next ??= after(running))
    running = run()
    await running
  }
}

export function createRefreshing ({ datasets, limits }: Parts): Refreshing {
  const refresh = shared(async () => {
    await limits.all('everybody')
    await datasets.refresh()
  })
  return {
    all: async actor => {
      // Refuses whoever may not read before anything is done.
      await datasets.views.all(actor, { fuzzy: false })
      await refresh()
      const { length } = await datasets.views.all(actor, { fuzzy: false })
      return { message: `Successfully reloaded entire database with ${length} scans.` }
    },
    one: async (actor, scan, address) => {
      await limits.one(addressKey(address))
      await datasets.refreshScan(actor, scan)
      return { message: `Successfully reloaded scan '${scan}'.` }
    }
  }
}
