import { bodyOf, type Body } from './body.js'
import { readFaces } from './faces.js'
import { readHeader, type Element, type Header } from './header.js'
import { refuse } from './ply-error.js'
import { eachRow, mustHoldRows, pass } from './rows.js'
import { GONE, readVertices, type Cloud, type Places } from './vertices.js'

/** A surface of triangles. */
export interface Mesh {
  /** x, y and z of each vertex, one after the other. */
  vertices: Float64Array
  /** Three indices of vertices for each triangle. */
  triangles: Uint32Array
  /** How many vertices of the file are not among them, if any, because a coordinate is NaN or infinite; their triangles are gone, too. */
  leftOut?: number
}

type Reader = (element: Element, body: Body) => void

const passRows: Reader = ({ count, properties }, body) => eachRow(count, properties.map(property => pass(body, property)))

/** Goes through the whole file, so that one that is cut short is refused wherever it ends. */
function readElements (data: Buffer, header: Header, readers: ReadonlyMap<string, Reader>): void {
  const body = bodyOf(data, header)
  for (const element of header.elements) {
    mustHoldRows(body, element)
    const read = readers.get(element.name) ?? passRows
    read(element, body)
  }
}

function verticesOf ({ elements }: Header): Element {
  return elements.find(({ name }) => name === 'vertex') ?? refuse('The file has no vertices.')
}

/**
 * Reads the vertices of a PLY 1.0 file, ASCII or binary little-endian, as points; whatever else is in it is
 * passed over. The time and the memory that it takes are in proportion to the size of the file.
 * @throws {PlyError}
 */
export function readCloud (data: Buffer): Cloud {
  const header = readHeader(data)
  verticesOf(header)
  let cloud: Cloud = { points: new Float64Array(), colours: undefined }
  readElements(data, header, new Map([
    ['vertex', (element, body) => {
      const { places: _places, ...read } = readVertices(element, body)
      cloud = read
    }]
  ]))
  return cloud
}

/** The triangles that have all corners still, by the new places of those. Faces may come before the vertices of a file. */
function standing (triangles: Uint32Array, places: Places): Uint32Array {
  let used = 0
  for (let i = 0; i < triangles.length; i += 3) {
    const corners = [0, 1, 2].map(corner => places[triangles[i + corner]!]!)
    if (corners.includes(GONE)) continue
    triangles.set(corners, used)
    used += 3
  }
  return triangles.subarray(0, used)
}

/**
 * Reads the vertices and the faces of a PLY file, as `readCloud` does; a file without faces has no triangles.
 * @throws {PlyError}
 */
export function readMesh (data: Buffer): Mesh {
  const header = readHeader(data)
  const { count } = verticesOf(header)
  const mesh: Mesh = { vertices: new Float64Array(), triangles: new Uint32Array() }
  let moved: Places | undefined
  readElements(data, header, new Map<string, Reader>([
    ['vertex', (element, body) => {
      const { points, places, leftOut } = readVertices(element, body)
      mesh.vertices = points
      if (leftOut !== undefined) mesh.leftOut = leftOut
      moved = places
    }],
    ['face', (element, body) => { mesh.triangles = readFaces(element, body, count) }]
  ]))
  return moved ? { ...mesh, triangles: standing(mesh.triangles, moved) } : mesh
}
