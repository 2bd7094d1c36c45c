import type { Colour, Mesh } from './mesh.js'
import { createRandom } from './random.js'
import { add, cross, length, scale, subtract, type Vector } from './vector.js'

/** Points on a surface, and their colours. */
export interface Cloud {
  points: Vector[]
  colours: Colour[]
}

/** The index of the first sum that is larger than a value. */
function firstAbove (sums: number[], value: number): number {
  let [low, high] = [0, sums.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sums[middle]! > value) high = middle
    else low = middle + 1
  }
  return low
}

/**
 * Samples a surface evenly: its vertices, so that the cloud reaches as far as the surface, and then
 * points on its faces as their areas weigh.
 * @param count of all points; at least as many as there are vertices
 */
export function sampleCloud (mesh: Mesh, count: number, seed: number): Cloud {
  const random = createRandom(seed)
  const corner = (face: number, at: 0 | 1 | 2): Vector => mesh.vertices[mesh.faces[face]![at]]!
  let area = 0
  const areas = mesh.faces.map((_, i) => {
    const [a, b, c] = [corner(i, 0), corner(i, 1), corner(i, 2)]
    area += length(cross(subtract(b, a), subtract(c, a))) / 2
    return area
  })
  const cloud = { points: [...mesh.vertices], colours: [...mesh.colours] }
  while (cloud.points.length < count) {
    const face = firstAbove(areas, random() * area)
    // Uniform on a triangle: Osada and others, Shape distributions (2002), section 4.1.
    const [across, along] = [Math.sqrt(random()), random()]
    const [a, b, c] = [corner(face, 0), corner(face, 1), corner(face, 2)]
    cloud.points.push(add(scale(a, 1 - across), add(scale(b, across * (1 - along)), scale(c, across * along))))
    cloud.colours.push(mesh.colours[mesh.faces[face]![0]]!)
  }
  return cloud
}
