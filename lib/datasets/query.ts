import { fail } from '../errors.js'
import { callerOf } from './core.js'
import type { ScanSummary } from './index-entry.js'
import { lengthOfPacked, textOfPacked } from './packed-metadata.js'
import { pace } from './pace.js'
import type { Queries } from './queries/engine.js'
import { sortPaced } from './sort-paced.js'

export const sortKeys = ['id', 'created', 'last_modified', 'bytes'] as const
type SortKey = typeof sortKeys[number]
/** With a leading minus: the greatest first. */
export const sorts = sortKeys.flatMap(key => [key, `-${key}` as const])
export type Sort = typeof sorts[number]

const valueOf: Record<SortKey, (scan: ScanSummary) => string | number> = {
  id: scan => scan.id,
  created: scan => scan.created,
  last_modified: scan => scan.modified,
  bytes: scan => scan.bytes
}

const compare = <T extends string | number>(a: T, b: T): number => a < b ? -1 : a > b ? 1 : 0

/** A place in a sorted list: what it is sorted by, and the scan's id. */
type Position = [value: string | number, id: string]

interface Order { of: (scan: ScanSummary) => Position, compare: (a: Position, b: Position) => number }

function orderBy (sort: Sort): Order {
  const descending = sort.startsWith('-')
  const value = valueOf[sort.replace('-', '') as SortKey]
  const sign = descending ? -1 : 1
  return {
    of: scan => [value(scan), scan.id],
    compare: (a, b) => sign * (compare(a[0], b[0]) || compare(a[1], b[1]))
  }
}

export interface Search { limit: number, cursor?: string | undefined, query?: string | undefined, fuzzy?: boolean | undefined, sort: Sort }

/** The text behind a cursor: the sort and the position of the last scan of a page. */
const CURSOR = /^(?<sort>-?[a-z_]+) (?<position>\[(?:"[A-Za-z0-9_.-]+"|-?\d+(?:\.\d+)?),"[A-Za-z0-9_.-]+"\])$/

interface Where { queries: Queries, /** Whose query it is; null for guests. */ username: string | null, visible: (scan: ScanSummary) => boolean }

/** What a query looks through. */
const documentOf = ({ packed }: ScanSummary): Uint8Array => Buffer.from(textOfPacked(packed))

/** A page, and the owners of whose scans not all were looked through, null being nobody. */
interface FoundScans { items: ScanSummary[], next: string | null, leftOut: Array<string | null> }

/**
 * One page of those scans that are visible and fit the query.
 * @param place the text of the cursor that an earlier page ended with
 * @throws `invalid_request`, `too_expensive`
 */
export async function search (scans: readonly ScanSummary[], { queries, username, visible }: Where, { limit, query, fuzzy = false, sort }: Search, place: string | undefined): Promise<FoundScans> {
  const order = orderBy(sort)
  const after = place === undefined ? undefined : positionIn(place, sort)
  const open: Array<[Position, ScanSummary]> = []
  for (const scan of scans) {
    const position = order.of(scan)
    if ((!after || order.compare(position, after) > 0) && visible(scan)) open.push([position, scan])
    await pace()
  }
  const sorted = await sortPaced(open, ([a], [b]) => order.compare(a, b))
  const { found, leftOut } = query === undefined
    ? { found: sorted.slice(0, limit + 1), leftOut: [] }
    : await queries.findOfMany(callerOf({ username }), { query, fuzzy }, {
      items: sorted,
      documentOf: ([, scan]) => documentOf(scan),
      most: limit + 1,
      ownerOf: ([, scan]) => scan.owner,
      sizeOf: ([, scan]) => lengthOfPacked(scan.packed),
      own: username ?? undefined
    })
  const page = found.slice(0, limit)
  return { leftOut, items: page.map(([, scan]) => scan), next: found.length > limit ? `${sort} ${JSON.stringify(page.at(-1)![0])}` : null }
}

/** What the place of a list looks like. */
export const PLACE = CURSOR

function positionIn (place: string, sort: Sort): Position {
  const { sort: of, position = '[]' } = CURSOR.exec(place)?.groups ?? {}
  const [value, id] = JSON.parse(position) as Position
  if (of === sort && (typeof value === 'string') === sort.endsWith('id')) return [value, id]
  return fail('invalid_request', { errors: [{ path: '/querystring/cursor', message: 'is of a list with another sort' }] })
}
