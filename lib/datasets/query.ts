import { RE2JS } from 're2js'
import { fail } from '../errors.js'
import { parseJson } from '../json/read.js'
import { createPace } from './pace.js'
import type { Metadata, ScanSummary } from './index-entry.js'

/** Whether a value of a scan's metadata fits what is asked for. */
type Matcher = (value: unknown) => boolean

const isObject = (value: unknown): value is Metadata => typeof value === 'object' && value !== null && !Array.isArray(value)

const refuse = (message: string): never => fail('invalid_request', { errors: [{ path: '/querystring/query', message }] })

const LONGEST_PATTERN = 200
const DEEPEST = 32

/** The beginning of a text, as Python's `re.match`; in time that grows with the text only (RE2), whatever the pattern. */
function startsLike (pattern: string): Matcher {
  if (pattern.length > LONGEST_PATTERN) return refuse(`patterns have at most ${LONGEST_PATTERN} characters`)
  if (/^[\w -]*$/.test(pattern)) return value => typeof value === 'string' && value.startsWith(pattern)
  try {
    const compiled = RE2JS.compile(pattern)
    return value => typeof value === 'string' && compiled.matcher(value).lookingAt()
  } catch {
    return refuse('a pattern is no regular expression that is understood')
  }
}

/**
 * Whether metadata hold what a query asks for: members by name and recursively, each item of a list somewhere
 * in the list, all else equal. With `fuzzy` texts are regular expressions that the value must begin with.
 * (PlantDB's `partial_match`.)
 * @throws `invalid_request`
 */
export function matcherOf (wanted: unknown, fuzzy: boolean, depth = 0): Matcher {
  if (depth > DEEPEST) return refuse('is nested too deeply')
  if (isObject(wanted)) {
    const members = Object.entries(wanted).map(([key, value]) => [key, matcherOf(value, fuzzy, depth + 1)] as const)
    return value => isObject(value) && members.every(([key, fits]) => Object.hasOwn(value, key) && fits(value[key]))
  }
  if (Array.isArray(wanted)) {
    const items = wanted.map(item => matcherOf(item, fuzzy, depth + 1))
    return value => Array.isArray(value) && items.every(fits => value.some(fits))
  }
  return fuzzy && typeof wanted === 'string' ? startsLike(wanted) : value => value === wanted
}

/** Reads the text of a query. @throws `invalid_request` */
export function parseQuery (text: string, fuzzy: boolean): Matcher {
  let wanted: unknown
  try {
    wanted = parseJson(text)
  } catch {
    return refuse('must be JSON')
  }
  return isObject(wanted) ? matcherOf(wanted, fuzzy) : refuse('must be a JSON object')
}

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

/**
 * One page of those scans that are visible and fit the query.
 * @param place the text of the cursor that an earlier page ended with
 * @throws `invalid_request`
 */
export async function search (scans: readonly ScanSummary[], visible: (scan: ScanSummary) => boolean, { limit, query, fuzzy = false, sort }: Search, place: string | undefined): Promise<{ items: ScanSummary[], next: string | null }> {
  const fits = query === undefined ? () => true : parseQuery(query, fuzzy)
  const order = orderBy(sort)
  const after = place === undefined ? undefined : positionIn(place, sort)
  const pace = createPace()
  const found: Array<[Position, ScanSummary]> = []
  for (const scan of scans) {
    const position = order.of(scan)
    if ((!after || order.compare(position, after) > 0) && visible(scan) && fits(scan.metadata)) found.push([position, scan])
    await pace()
  }
  found.sort(([a], [b]) => order.compare(a, b))
  const page = found.slice(0, limit)
  return { items: page.map(([, scan]) => scan), next: found.length > limit ? `${sort} ${JSON.stringify(page.at(-1)![0])}` : null }
}

/** What the place of a list looks like. */
export const PLACE = CURSOR

function positionIn (place: string, sort: Sort): Position {
  const { sort: of, position = '[]' } = CURSOR.exec(place)?.groups ?? {}
  const [value, id] = JSON.parse(position) as Position
  if (of === sort && (typeof value === 'string') === sort.endsWith('id')) return [value, id]
  return fail('invalid_request', { errors: [{ path: '/querystring/cursor', message: 'is of a list with another sort' }] })
}
