import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisClient } from '../redis/connect.js'
import { byPlace, eventFrom, type Entry, type Place, type StoredEvent, type Stream } from './event.js'

/** Which events: those of some streams from `since` (ms) on and before `until` (ms), after `after` in the order that is asked for. */
export interface Range { streams: readonly Stream[], since: number, until: number, after: Place | undefined, limit: number }

interface Order {
  /** The first events of a stream. */
  read: (redis: RedisClient, stream: Stream, range: Range, count: number) => Promise<unknown>
  compare: (a: Place, b: Place) => number
}

const latestFirst: Order = {
  read: (redis, { key, name }, { since, until, after }, count) => redis.xrevrange(key, latest(name, until, after), since, 'COUNT', count),
  compare: byPlace
}

const earliestFirst: Order = {
  read: (redis, { key, name }, { since, until, after }, count) => redis.xrange(key, earliest(name, since, after), `(${until}-0`, 'COUNT', count),
  compare: (a, b) => byPlace(b, a)
}

const AT_ONCE = 500

/**
 * Reads streams as if they were one, the latest event first or the earliest.
 *
 * Only the first event of each stream is asked for; those `limit` streams whose first events come first hold
 * the page, and only they are read. So a page of many streams costs one small look at each.
 */
export function createReading (redis: RedisClient) {
  const each = async (order: Order, streams: readonly Stream[], range: Range, count: number): Promise<StoredEvent[]> => {
    const first = async (stream: Stream): Promise<StoredEvent[]> => (await order.read(redis, stream, range, count) as Entry[]).map(entry => eventFrom(stream, entry))
    const found: StoredEvent[] = []
    for (let at = 0; at < streams.length; at += AT_ONCE) found.push(...(await Promise.all(streams.slice(at, at + AT_ONCE).map(first))).flat())
    return found.sort(order.compare)
  }

  const pageIn = (order: Order) => async (range: Range): Promise<StoredEvent[]> => {
    const { streams, limit } = range
    if (streams.length <= limit) return (await each(order, streams, range, limit)).slice(0, limit)
    const heads = (await each(order, streams, range, 1)).slice(0, limit)
    const named = new Map(streams.map(stream => [stream.name, stream]))
    return (await each(order, heads.map(({ stream }) => named.get(stream)!), range, limit)).slice(0, limit)
  }

  return {
    /** A page of the latest events. */
    page: pageIn(latestFirst),

    /** A page of the earliest events. */
    earliest: pageIn(earliestFirst),

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

/** The latest place of a stream that is before `until` and after `after` in the order of the latest first, as XREVRANGE takes it. */
function latest (stream: string, until: number, after: Place | undefined): string {
  if (after === undefined || after.time >= until) return `(${until}-0`
  const id = `${after.time}-${after.number}`
  return stream < after.stream ? id : `(${id}`
}

/** The earliest place of a stream that is from `since` on and after `after` in the order of the earliest first, as XRANGE takes it. */
function earliest (stream: string, since: number, after: Place | undefined): string {
  if (after === undefined || after.time < since) return String(since)
  const id = `${after.time}-${after.number}`
  return stream > after.stream ? id : `(${id}`
}
