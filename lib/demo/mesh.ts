import type { Organ, Plant } from './plant.js'
import { add, heading, scale, type Vector } from './vector.js'

export type Colour = readonly [red: number, green: number, blue: number]
export type Face = readonly [number, number, number]

/** A surface of triangles; a face names its corners by their place in `vertices`, anticlockwise from outside or above. */
export interface Mesh {
  vertices: Vector[]
  /** One for each vertex, 0 to 255. */
  colours: Colour[]
  faces: Face[]
}

const SIDES = 6
const STEM: Colour = [112, 138, 72]
const LEAF: Colour = [74, 142, 62]
const RIB: Colour = [128, 176, 92]

/** Two triangles for each field between neighbouring rows of vertices. */
function stitch (rows: number, columns: number, closed: boolean): Face[] {
  const faces: Face[] = []
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column < (closed ? columns : columns - 1); column++) {
      const next = (column + 1) % columns
      const [a, b, c, d] = [row * columns + column, row * columns + next, (row + 1) * columns + next, (row + 1) * columns + column]
      faces.push([a, b, c], [a, c, d])
    }
  }
  return faces
}

function stemMesh ({ stem, stemRadius }: Plant): Mesh {
  const rings = stem.flatMap((centre, i) => Array.from({ length: SIDES }, (_, side) =>
    add(centre, scale(heading(side / SIDES * 2 * Math.PI), stemRadius * (1 - 0.6 * i / stem.length)))))
  return { vertices: rings, colours: rings.map(() => STEM), faces: stitch(stem.length, SIDES, true) }
}

/** A leaf is folded along its midrib, so that it has a shape from every side. */
function leafMesh ({ azimuth, midrib, halfWidths }: Organ): Mesh {
  const aside = add(heading(azimuth + Math.PI / 2), [0, 0, 0.35])
  const vertices = midrib.flatMap((rib, i) => {
    const [x, y, z] = scale(aside, halfWidths[i]!)
    return [add(rib, [x, y, z]), rib, add(rib, [-x, -y, z])]
  })
  return { vertices, colours: vertices.map((_, i) => i % 3 === 1 ? RIB : LEAF), faces: stitch(midrib.length, 3, false) }
}

/** The surface of a plant: its stem, then its leaves from the lowest. */
export function plantMesh (plant: Plant): Mesh {
  const whole: Mesh = { vertices: [], colours: [], faces: [] }
  for (const part of [stemMesh(plant), ...plant.organs.map(leafMesh)]) {
    const first = whole.vertices.length
    whole.vertices.push(...part.vertices)
    whole.colours.push(...part.colours)
    whole.faces.push(...part.faces.map(([a, b, c]): Face => [a + first, b + first, c + first]))
  }
  return whole
}
