import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisClient } from '../redis/connect.js'
import { byPlace, eventFrom, type Entry, type Place, type StoredEvent, type Stream } from './event.js'

/** Which events: those of some streams from `since` (ms) on and before `until` (ms), after `after` in the order of the latest first. */
export interface Range { streams: readonly Stream[], since: number, until: number, after: Place | undefined, limit: number }

const AT_ONCE = 500

/**
 * Reads streams as if they were one, the latest event first.
 *
 * Only the newest event of each stream is asked for; those `limit` streams whose newest events are the latest
 * hold the page, and only they are read. So a page of many streams costs one small look at each.
 */
export function createReading (redis: RedisClient) {
  const newest = async (stream: Stream, { since, until, after }: Range, count: number): Promise<StoredEvent[]> => {
    const entries = await redis.xrevrange(stream.key, latest(stream.name, until, after), since, 'COUNT', count) as Entry[]
    return entries.map(entry => eventFrom(stream, entry))
  }

  const each = async (streams: readonly Stream[], range: Range, count: number): Promise<StoredEvent[]> => {
    const found: StoredEvent[] = []
    for (let at = 0; at < streams.length; at += AT_ONCE) {
      const some = await Promise.all(streams.slice(at, at + AT_ONCE).map(stream => newest(stream, range, count)))
      found.push(...some.flat())
    }
    return found.sort(byPlace)
  }

  return {
    page: async (range: Range): Promise<StoredEvent[]> => {
      const { streams, limit } = range
      if (streams.length <= limit) return (await each(streams, range, limit)).slice(0, limit)
      const heads = (await each(streams, range, 1)).slice(0, limit)
      const named = new Map(streams.map(stream => [stream.name, stream]))
      return (await each(heads.map(({ stream }) => named.get(stream)!), range, limit)).slice(0, limit)
    },

    /**
     * A time before which nothing will be added any more, so that what is added while pages are read is not
     * between them.
     */
    settled: async (): Promise<number> => {
      const at = await clock(redis)
      while (await clock(redis) === at) await sleep(1)
      return at + 1
    }
  }
}

async function clock (redis: RedisClient): Promise<number> {
  const [seconds, microseconds] = (await redis.time()).map(Number)
  return seconds! * 1000 + Math.floor(microseconds! / 1000)
}

/** The latest place of a stream that is before `until` and after `after`, as XREVRANGE takes it. */
function latest (stream: string, until: number, after: Place | undefined): string {
  if (after === undefined || after.time >= until) return `(${until}-0`
  const id = `${after.time}-${after.number}`
  return stream < after.stream ? id : `(${id}`
}
