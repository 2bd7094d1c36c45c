import { bodyOf, type Body } from './body.js'
import { readFaces } from './faces.js'
import { readHeader, type Element, type Header } from './header.js'
import { refuse } from './ply-error.js'
import { eachRow, mustHoldRows, pass } from './rows.js'
import { readVertices, type Cloud } from './vertices.js'

/** A surface of triangles. */
export interface Mesh {
  /** x, y and z of each vertex, one after the other. */
  vertices: Float64Array
  /** Three indices of vertices for each triangle. */
  triangles: Uint32Array
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
    ['vertex', (element, body) => { cloud = readVertices(element, body) }]
  ]))
  return cloud
}

/**
 * Reads the vertices and the faces of a PLY file, as `readCloud` does; a file without faces has no triangles.
 * @throws {PlyError}
 */
export function readMesh (data: Buffer): Mesh {
  const header = readHeader(data)
  const { count } = verticesOf(header)
  const mesh: Mesh = { vertices: new Float64Array(), triangles: new Uint32Array() }
  readElements(data, header, new Map<string, Reader>([
    ['vertex', (element, body) => { mesh.vertices = readVertices(element, body).points }],
    ['face', (element, body) => { mesh.triangles = readFaces(element, body, count) }]
  ]))
  return mesh
}
