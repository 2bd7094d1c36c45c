import { fail, Problem } from '../../errors.js'
import { pace } from '../pace.js'

/** What is looked through, in the order in which it is wanted. */
export interface Searched<T> {
  items: readonly T[]
  /** The JSON document of an item. */
  documentOf: (item: T) => Uint8Array | Promise<Uint8Array>
  /** How many are enough. */
  most: number
}

/** The same of several owners, null being nobody; `size` grows with the document. */
export interface Shared<T> extends Searched<T> {
  ownerOf: (item: T) => string | null
  sizeOf: (item: T) => number
  /** Who asks; undefined for guests. */
  own: string | undefined
}

/** What was found, and the owners of whose scans not all were looked through. */
export interface Found<T> { found: T[], leftOut: Array<string | null> }

/** Tells which of some documents fit, within so many milliseconds of work; `took` are those that it took. @throws `too_expensive` */
export type Look = (documents: readonly Uint8Array[], within: number) => Promise<{ fits: Uint8Array, took: number }>

/** What is handed over at once, in bytes; less of one owner alone, so that none takes much more than their share. */
const BATCH = 4 * 2 ** 20
const SMALL_BATCH = 2 ** 19
/** The least time that a document is given, in milliseconds. */
const LEAST = 25

/** Goes through the documents of some items, by their places, until the time is over or it is enough. @returns what is left of them */
type GoThrough = (places: readonly number[], how: { batch: number, time: number, isEnough?: () => boolean }) => Promise<{ rest: readonly number[], took: number }>

/** @param fits gets the places of those that fit */
function createGoThrough<T> ({ items, documentOf }: Searched<T>, look: Look, fits: Set<number>): GoThrough {
  const load = async (places: readonly number[], most: number): Promise<Uint8Array[]> => {
    const documents: Uint8Array[] = []
    for (let bytes = 0; documents.length < places.length && bytes < most;) {
      const document = await documentOf(items[places[documents.length]!]!)
      documents.push(document)
      bytes += document.length
      await pace()
    }
    return documents
  }

  return async (places, { batch, time, isEnough = () => false }) => {
    let rest = places
    let took = 0
    while (rest.length > 0 && took < time && !isEnough()) {
      const documents = await load(rest, batch)
      const within = Math.max(time - took, LEAST)
      try {
        const result = await look(documents, within)
        took += result.took
        for (const [i, place] of rest.slice(0, documents.length).entries()) if (result.fits[i] === 1) fits.add(place)
        rest = rest.slice(documents.length)
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'too_expensive') throw error
        took += within
        break
      }
    }
    return { rest, took }
  }
}

const placesOf = (items: readonly unknown[]): number[] => items.map((_item, place) => place)

const inOrder = <T>({ items, most }: Searched<T>, fits: ReadonlySet<number>): T[] => items.filter((_item, place) => fits.has(place)).slice(0, most)

/** Finds what fits among documents that count as one. @throws `too_expensive` if the time does not suffice */
export async function findAlone<T> (searched: Searched<T>, look: Look, time: number): Promise<T[]> {
  const fits = new Set<number>()
  const isEnough = (): boolean => fits.size >= searched.most
  const { rest } = await createGoThrough(searched, look, fits)(placesOf(searched.items), { batch: BATCH, time, isEnough })
  if (rest.length > 0 && !isEnough()) return fail('too_expensive')
  return inOrder(searched, fits)
}

/** The places of each owner: those of who asks first, and then those who have the least. */
function byOwner<T> ({ items, ownerOf, sizeOf, own }: Shared<T>, places: readonly number[]): Array<{ owner: string | null, places: number[] }> {
  const owners = new Map<string | null, { owner: string | null, places: number[], size: number }>()
  for (const place of places) {
    const item = items[place]!
    const owner = ownerOf(item)
    const group = owners.get(owner) ?? { owner, places: [], size: 0 }
    owners.set(owner, group)
    group.places.push(place)
    group.size += sizeOf(item)
  }
  return [...owners.values()].sort((a, b) => Number(b.owner === own) - Number(a.owner === own) || a.size - b.size)
}

/**
 * The same among documents of many owners, of whom none makes it fail for the others. What half the time does not suffice
 * for is done by owner: each has an equal share of the time that is left, and what one does not need is for those
 * after (max-min fairness). Who asks has half of it, if that is needed.
 * @throws `too_expensive` if that does not suffice for the own ones, or for no owner's
 */
export async function findFairly<T> (shared: Shared<T>, look: Look, time: number): Promise<Found<T>> {
  const fits = new Set<number>()
  const goThrough = createGoThrough(shared, look, fits)
  const isEnough = (): boolean => fits.size >= shared.most
  const first = await goThrough(placesOf(shared.items), { batch: BATCH, time: time / 2, isEnough })
  const leftOut: Array<string | null> = []
  if (first.rest.length > 0 && !isEnough()) {
    const groups = byOwner(shared, first.rest)
    let left = time - first.took
    for (const [i, { owner, places }] of groups.entries()) {
      const sharers = groups.length - i
      const { rest, took } = await goThrough(places, { batch: SMALL_BATCH, time: left / (owner === shared.own ? Math.min(2, sharers) : sharers) })
      left -= took
      if (rest.length > 0) leftOut.push(owner)
    }
  }
  const owners = new Set(shared.items.map(shared.ownerOf))
  if (leftOut.length > 0 && (leftOut.length === owners.size || leftOut.some(owner => owner === shared.own))) return fail('too_expensive')
  return { found: inOrder(shared, fits), leftOut }
}
