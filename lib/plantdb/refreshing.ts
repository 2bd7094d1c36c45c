import { setTimeout as sleep } from 'node:timers/promises'
import type { Actor } from '../datasets/rights.js'
import type { Datasets } from '../datasets/service.js'
import { shared } from '../datasets/shared-runs.js'
import { addressKey } from '../limits/address.js'
import type { Limit } from '../limits/limit.js'

/** Reading the folder again, for whoever may read. The limits are those of each user, and of each address of guests. */
export interface Refreshing {
  /** @throws `too_many_requests`; what is asked for while it runs is done together, once it has ended */
  all: (actor: Actor, address: string) => Promise<{ message: string }>
  /** @throws `too_many_requests`, `scan_not_found` */
  one: (actor: Actor, scan: string, address: string) => Promise<{ message: string }>
}

interface Parts { datasets: Pick<Datasets, 'views' | 'refresh' | 'refreshScan'>, limits: { all: Limit, one: Limit } }

/** How many times as long as the last reading took guests wait after it: they keep the disk busy for a fifth of the time. */
const REST = 4
const LONGEST_REST_MS = 30_000

const callerAt = ({ username }: Actor, address: string): string => username === null ? `guest ${addressKey(address)}` : `user ${username}`

export function createRefreshing ({ datasets, limits }: Parts): Refreshing {
  let guestsFrom = 0
  const refresh = shared(async () => {
    const began = performance.now()
    try {
      await datasets.refresh()
    } finally {
      const ended = performance.now()
      guestsFrom = ended + Math.min(LONGEST_REST_MS, REST * (ended - began))
    }
  })

  /** What each caller waits for; who calls several times at once is counted once. */
  const waiting = new Map<string, { ask: () => Promise<void>, open: number }>()
  const inTurn = async (caller: string, isGuest: boolean): Promise<void> => {
    const line = waiting.get(caller) ?? {
      open: 0,
      ask: shared(async () => {
        await limits.all(caller)
        if (isGuest) await sleep(Math.max(0, guestsFrom - performance.now()))
        await refresh()
      })
    }
    waiting.set(caller, line)
    line.open++
    try {
      await line.ask()
    } finally {
      line.open--
      if (line.open === 0) waiting.delete(caller)
    }
  }

  return {
    all: async (actor, address) => {
      // Refuses whoever may not read before anything is done.
      datasets.views.admit(actor)
      await inTurn(callerAt(actor, address), actor.username === null)
      const { views } = await datasets.views.all(actor, { fuzzy: false })
      return { message: `Successfully reloaded entire database with ${views.length} scans.` }
    },
    one: async (actor, scan, address) => {
      await limits.one(callerAt(actor, address))
      await datasets.refreshScan(actor, scan)
      return { message: `Successfully reloaded scan '${scan}'.` }
    }
  }
}
