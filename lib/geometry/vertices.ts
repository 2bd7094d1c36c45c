import type { Body } from './body.js'
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
}

const hasAll = (properties: readonly Property[], names: readonly string[]): boolean =>
  names.every(name => properties.some(property => property.name === name && !property.length))

const isColoured = (properties: readonly Property[]): boolean =>
  hasAll(properties.filter(({ type }) => type === uint8), channels)

// The sum of as many as are read is still finite.
const MOST_COORDINATE = 1e300

const coordinate = (value: number): number =>
  Math.abs(value) <= MOST_COORDINATE ? value : refuse('A coordinate is no number, or too large.')

// Text can state what does not fit into the type.
const channel = (value: number): number =>
  Number.isInteger(value) && value >= 0 && value <= 255 ? value : refuse('A colour is no number from 0 to 255.')

/**
 * Reads the vertices; their colours only if all three channels are bytes.
 * @throws {PlyError}
 */
export function readVertices ({ count, properties }: Element, body: Body): Cloud {
  if (!hasAll(properties, axes)) refuse('The vertices have no x, y and z.')
  if (count > MOST_ROWS) refuse('The file has more than 16 777 216 vertices.')
  const points = new Float64Array(3 * count)
  const colours = isColoured(properties) ? new Uint8Array(3 * count) : undefined

  const stepOf = (property: Property): Step => {
    const { name, type } = property
    if (axes.includes(name)) {
      const offset = axes.indexOf(name)
      return row => { points[3 * row + offset] = coordinate(body.read(type)) }
    }
    if (colours && channels.includes(name)) {
      const offset = channels.indexOf(name)
      return row => { colours[3 * row + offset] = channel(body.read(type)) }
    }
    return pass(body, property)
  }
  eachRow(count, properties.map(stepOf))
  return { points, colours }
}
