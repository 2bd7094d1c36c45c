import type { Body } from './body.js'
import type { Element } from './header.js'
import { refuse } from './ply-error.js'
import { eachRow, MOST_ROWS, pass, readLength } from './rows.js'

const names = ['vertex_indices', 'vertex_index']

/** A list of triangles that grows. */
interface Triangles {
  add: (a: number, b: number, c: number) => void
  /** Three indices of vertices for each triangle. */
  all: () => Uint32Array
}

function createTriangles (expected: number): Triangles {
  let indices = new Uint32Array(3 * Math.min(Math.max(expected, 1), MOST_ROWS))
  let used = 0
  const grow = (): void => {
    if (used === 3 * MOST_ROWS) refuse('The file has more than 16 777 216 triangles.')
    const larger = new Uint32Array(Math.min(2 * indices.length, 3 * MOST_ROWS))
    larger.set(indices)
    indices = larger
  }
  return {
    add: (a, b, c) => {
      if (used === indices.length) grow()
      indices[used++] = a
      indices[used++] = b
      indices[used++] = c
    },
    all: () => indices.subarray(0, used)
  }
}

/**
 * Reads the faces as triangles: a polygon becomes a fan around its first vertex, what has fewer than
 * three vertices becomes nothing.
 * @param vertices how many there are
 * @returns three indices of vertices for each triangle
 * @throws {PlyError}
 */
export function readFaces ({ count, properties }: Element, body: Body, vertices: number): Uint32Array {
  const corners = properties.find(({ name, length }) => names.includes(name) && length)
  if (!corners?.length) return refuse('The faces have no list of vertices.')
  const { length, type } = corners
  const triangles = createTriangles(count)

  const readCorner = (): number => {
    const index = body.read(type)
    return Number.isInteger(index) && index >= 0 && index < vertices ? index : refuse('A face has a vertex that is not there.')
  }
  const readFace = (): void => {
    const sides = readLength(body, length)
    let first = 0
    let before = 0
    for (let i = 0; i < sides; i++) {
      const corner = readCorner()
      if (i === 0) first = corner
      if (i >= 2) triangles.add(first, before, corner)
      before = corner
    }
  }
  eachRow(count, properties.map(property => property === corners ? readFace : pass(body, property)))
  return triangles.all()
}
