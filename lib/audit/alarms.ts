import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { eventFrom, type Entry, type StoredEvent } from './event.js'
import { owners } from './owners.js'
import { presentEvent } from './present.js'
import type { AuditStore } from './store.js'

/** Most alarms that wait to be delivered. */
const MOST = 10_000

/**
 * Takes alarming events from the streams of their accounts to the one stream from which they are delivered.
 * The script that records such an event also marks it, and the mark goes when the event has been passed on:
 * whoever dies in between, the next sweep passes it on, perhaps once more.
 */
export interface Alarms {
  /** Passes on the marked events of one owner. @returns how many */
  forward: (owner: string) => Promise<number>
  /** The same for everybody. */
  sweep: () => Promise<number>
}

interface Parts {
  redis: RedisClient
  names: KeyNames
  store: Pick<AuditStore, 'streamsOf' | 'everybody'>
  /** Whether the store is known to have been restarted or replaced lately, which explains a heal. */
  incident: () => Promise<boolean>
}

/** What an alarm says: an event without anything personal. */
async function payloadOf (event: StoredEvent): Promise<string> {
  const { device: _, details: { opened_from: __, ...details }, ...rest } = await presentEvent(event, { user: '', all: false }, async () => null)
  return JSON.stringify({ ...rest, details })
}

export function createAlarms ({ redis, names, store, incident }: Parts): Alarms {
  const isAlarming = async ({ action }: StoredEvent): Promise<boolean> => action !== 'heal' || !await incident()

  const forward: Alarms['forward'] = async owner => {
    const [stream] = store.streamsOf(owner)
    const marks = `${stream!.key}:alarms`
    const ids = await redis.smembers(marks)
    for (const id of ids.sort()) {
      const [entry] = await redis.xrange(stream!.key, id, id) as Entry[]
      const event = entry && eventFrom(stream!, entry)
      if (event && await isAlarming(event)) await redis.xadd(names.alarms, 'MAXLEN', '~', MOST, '*', 'event', await payloadOf(event))
      await redis.srem(marks, id)
    }
    return ids.length
  }

  return {
    forward,
    sweep: async () => {
      let passed = 0
      for (const owner of [owners.anonymous, owners.keys, ...await store.everybody()]) passed += await forward(owner)
      return passed
    }
  }
}
