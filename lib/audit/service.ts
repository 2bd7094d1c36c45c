import { fail } from '../errors.js'
import { fromCursor, toCursor } from '../http/cursor.js'
import { actionOf } from './actions.js'
import { placeFrom, placePattern, placeText, type Place, type StoredEvent, type Stream } from './event.js'
import { owners } from './owners.js'
import { presentEvent, type OpenDevice, type Reader } from './present.js'
import type { Range } from './reading.js'
import type { AuditEvent, AuditQuery } from './schema.js'
import type { AuditStore } from './store.js'

export interface Audit {
  /**
   * Events, the latest first. What is added meanwhile is on no later page; a page may hold fewer than asked for
   * and yet have a next one.
   * @throws `not_permitted` for events of others
   */
  list: (reader: Reader, query: AuditQuery) => Promise<{ items: AuditEvent[], next: string | null }>
  /** All events but the service's own errors, as an admin sees them, the earliest first and some at a time. What is added meanwhile is left out. */
  history: (query: Pick<AuditQuery, 'user' | 'since' | 'until'>) => AsyncIterable<AuditEvent[]>
}

interface Parts {
  store: AuditStore
  reading: { page: (range: Range) => Promise<StoredEvent[]>, earliest: (range: Range) => Promise<StoredEvent[]>, settled: () => Promise<number> }
  open: OpenDevice
  /** Milliseconds. */
  now: () => number
}

const KEPT_MS = 400 * 86_400_000
/** How many events a call looks at, and how many of them at once, where only some are asked for. */
const LOOKED_AT = { most: 5_000, atOnce: 500 }

export function createAudit ({ store, reading, open, now }: Parts): Audit {
  const streamsFor = async ({ user, all }: Reader, query: AuditQuery): Promise<Stream[]> => {
    if (!all && (query.kind === 'errors' || (query.user ?? user) !== user)) return fail('not_permitted')
    if (query.kind === 'errors') return store.streamsOf(owners.errors)
    if (query.user !== undefined || !all) return store.streamsOf(query.user ?? user)
    return [owners.anonymous, owners.groups, owners.keys, ...await store.everybody()].flatMap(store.streamsOf)
  }

  const search = async (range: Range, { action, kind }: AuditQuery): Promise<{ found: StoredEvent[], next: Place | undefined }> => {
    const { limit } = range
    const atOnce = action || kind ? LOOKED_AT.atOnce : limit + 1
    const found: StoredEvent[] = []
    let { after } = range
    for (let looked = 0; looked < LOOKED_AT.most; looked += atOnce) {
      const page = await reading.page({ ...range, after, limit: atOnce })
      found.push(...page.filter(event => (action ?? event.action) === event.action && (kind === undefined || actionOf(event.action)?.kind === kind)))
      if (found.length > limit) return { found: found.slice(0, limit), next: found[limit - 1] }
      if (page.length < atOnce) return { found, next: undefined }
      after = page.at(-1)
    }
    return { found, next: after }
  }

  const everything: Reader = { user: '', all: true }

  const timesOf = ({ since, until }: Pick<AuditQuery, 'since' | 'until'>, upTo: number): { since: number, until: number } => ({
    since: Math.max(since === undefined ? 0 : Date.parse(since), now() - KEPT_MS),
    until: until === undefined ? upTo : Math.min(Date.parse(until), upTo)
  })

  return {
    list: async (reader, query) => {
      const streams = await streamsFor(reader, query)
      const after = query.cursor === undefined ? undefined : placeFrom(fromCursor(query.cursor, placePattern))
      const times = timesOf(query, after === undefined ? await reading.settled() : after.time + 1)
      const { found, next } = await search({ streams, ...times, after, limit: query.limit }, query)
      return { items: await Promise.all(found.map(event => presentEvent(event, reader, open))), next: next === undefined ? null : toCursor(placeText(next)) }
    },

    history: async function * (query) {
      const streams = await streamsFor(everything, { ...query, limit: LOOKED_AT.atOnce })
      const times = timesOf(query, await reading.settled())
      let page: StoredEvent[] = []
      do {
        page = await reading.earliest({ streams, ...times, after: page.at(-1), limit: LOOKED_AT.atOnce })
        if (page.length > 0) yield await Promise.all(page.map(event => presentEvent(event, everything, open)))
      } while (page.length === LOOKED_AT.atOnce)
    }
  }
}
