import { badCoordinate, type Body } from './body.js'
import type { Element, Property } from './header.js'
import { refuse } from './ply-error.js'
import { eachRow, MOST_ROWS, pass, type Step } from './rows.js'
import { uint8 } from './scalar.js'

const axes = ['x', 'y', 'z']
const channels = ['red', 'green', 'blue']

/** Points in space. */
export interface Cloud {
  /** x, y and z of each point, one after the other; none is NaN or beyond 1e300. */
  points: Float64Array
  /** Red, green and blue of each point, if they have colours. */
  colours: Uint8Array | undefined
  /** How many points of the file are not among them, if any: a coordinate is NaN or infinite, as depth cameras write them. */
  leftOut?: number
}

/** The place of each vertex of the file among the points; `GONE` for those that were left out. */
export type Places = Uint32Array
export const GONE = 2 ** 32 - 1

const hasAll = (properties: readonly Property[], names: readonly string[]): boolean =>
  names.every(name => properties.some(property => property.name === name && !property.length))

const isColoured = (properties: readonly Property[]): boolean =>
  hasAll(properties.filter(({ type }) => type === uint8), channels)

// The sum of as many as are read is still finite.
const MOST_COORDINATE = 1e300

const coordinate = (value: number): number =>
  Math.abs(value) <= MOST_COORDINATE || !Number.isFinite(value) ? value : badCoordinate()

/** Where each point goes once those with a coordinate that is not finite are gone. @returns undefined if none is */
function placesOf (points: Float64Array): Places | undefined {
  if (points.every(Number.isFinite)) return undefined
  const places = new Uint32Array(points.length / 3)
  let next = 0
  for (const row of places.keys()) {
    const isThere = Number.isFinite(points[3 * row]) && Number.isFinite(points[3 * row + 1]) && Number.isFinite(points[3 * row + 2])
    places[row] = isThere ? next++ : GONE
  }
  return places
}

/** Moves what stays to the front, three values for each row. @returns that part */
function compacted<T extends Float64Array | Uint8Array> (values: T, places: Places): T {
  let kept = 0
  for (const [row, place] of places.entries()) {
    if (place === GONE) continue
    values.copyWithin(3 * place, 3 * row, 3 * row + 3)
    kept++
  }
  return values.subarray(0, 3 * kept) as T
}

// Text can state what does not fit into the type.
const channel = (value: number): number =>
  Number.isInteger(value) && value >= 0 && value <= 255 ? value : refuse('A colour is no number from 0 to 255.')

/**
 * Reads the vertices, without those that have no place in space; their colours only if all three channels are bytes.
 * @throws {PlyError}
 */
export function readVertices ({ count, properties }: Element, body: Body): Cloud & { places: Places | undefined } {
  if (!hasAll(properties, axes)) refuse('The vertices have no x, y and z.')
  if (count > MOST_ROWS) refuse('The file has more than 16 777 216 vertices.')
  const points = new Float64Array(3 * count)
  const colours = isColoured(properties) ? new Uint8Array(3 * count) : undefined

  const stepOf = (property: Property): Step => {
    const { name, type } = property
    if (axes.includes(name)) {
      const offset = axes.indexOf(name)
      return row => { points[3 * row + offset] = coordinate(body.readCoordinate(type)) }
    }
    if (colours && channels.includes(name)) {
      const offset = channels.indexOf(name)
      return row => { colours[3 * row + offset] = channel(body.read(type)) }
    }
    return pass(body, property)
  }
  eachRow(count, properties.map(stepOf))
  const places = placesOf(points)
  if (!places) return { points, colours, places }
  const stayed = compacted(points, places)
  return { points: stayed, colours: colours && compacted(colours, places), places, leftOut: count - stayed.length / 3 }
}
