import { randomInt } from 'node:crypto'
import { refuse } from './ply-error.js'
import type { Cloud } from './vertices.js'

/** As many voxels may lie side by side along an axis. */
const MOST_STEPS = 2 ** 31

/** An axis of the grid: where it begins. */
function originOf (points: Float64Array, axis: number, voxel: number): number {
  let least = Infinity
  let most = -Infinity
  for (let i = axis; i < points.length; i += 3) {
    least = Math.min(least, points[i]!)
    most = Math.max(most, points[i]!)
  }
  const origin = least - voxel / 2
  if (points.length > 0 && !((most - origin) / voxel < MOST_STEPS)) refuse('The voxels are too small for the extent of the points.')
  return origin
}

/** Three steps on the grid for each point: the voxel that it lies in. */
function cellsOf (points: Float64Array, voxel: number): Int32Array {
  const cells = new Int32Array(points.length)
  for (let axis = 0; axis < 3; axis++) {
    const origin = originOf(points, axis, voxel)
    for (let i = axis; i < points.length; i += 3) cells[i] = Math.floor((points[i]! - origin) / voxel)
  }
  return cells
}

// Factors that nobody knows beforehand, so that no file can be made whose voxels all collide.
function createHash (cells: Int32Array): (point: number) => number {
  const [a, b, c] = [0, 0, 0].map(() => randomInt(2 ** 32) | 1) as [number, number, number]
  return point => {
    const at = 3 * point
    const sum = Math.imul(cells[at]!, a) + Math.imul(cells[at + 1]!, b) + Math.imul(cells[at + 2]!, c)
    const mixed = Math.imul(sum ^ (sum >>> 16), 0x45d9f3b)
    return mixed ^ (mixed >>> 16)
  }
}

/** Numbers the voxels in the order of their first points. An open hash table: a `Map` takes ten times the memory. */
function numberVoxels (cells: Int32Array): { voxelOf: Uint32Array, voxels: number } {
  const voxelOf = new Uint32Array(cells.length / 3)
  // Of each voxel its first point, plus one.
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(cells.length + 1)))
  const hash = createHash(cells)
  const isSame = (p: number, q: number): boolean =>
    cells[3 * p] === cells[3 * q] && cells[3 * p + 1] === cells[3 * q + 1] && cells[3 * p + 2] === cells[3 * q + 2]
  const slotOf = (point: number): number => {
    let slot = hash(point) & (slots.length - 1)
    while (slots[slot]! > 0 && !isSame(slots[slot]! - 1, point)) slot = (slot + 1) & (slots.length - 1)
    return slot
  }

  let voxels = 0
  for (let point = 0; point < voxelOf.length; point++) {
    const slot = slotOf(point)
    if (slots[slot]! > 0) {
      voxelOf[point] = voxelOf[slots[slot]! - 1]!
    } else {
      slots[slot] = point + 1
      voxelOf[point] = voxels++
    }
  }
  return { voxelOf, voxels }
}

function meansOf (values: Float64Array | Uint8Array, voxelOf: Uint32Array, voxels: number): Float64Array {
  const means = new Float64Array(3 * voxels)
  const counts = new Uint32Array(voxels)
  for (const [point, voxel] of voxelOf.entries()) {
    counts[voxel]!++
    for (let axis = 0; axis < 3; axis++) means[3 * voxel + axis]! += values[3 * point + axis]!
  }
  for (let i = 0; i < means.length; i++) means[i]! /= counts[Math.floor(i / 3)]!
  return means
}

/**
 * Puts one point in place of all points of a voxel: their mean, also of their colours, as `voxel_down_sample` of
 * Open3D does. The grid begins half a voxel before the least coordinates; voxels keep the order of their first points.
 * @param voxel the length of an edge of a voxel, in the unit of the points
 * @throws {PlyError} if it is not a positive number, or the points extend over 2^31 voxels or more
 */
export function downSample ({ points, colours, leftOut }: Cloud, voxel: number): Cloud {
  if (!(voxel > 0 && Number.isFinite(voxel))) refuse('The size of a voxel has to be a positive number.')
  const { voxelOf, voxels } = numberVoxels(cellsOf(points, voxel))
  return {
    points: meansOf(points, voxelOf, voxels),
    colours: colours && Uint8Array.from(meansOf(colours, voxelOf, voxels).map(Math.round)),
    ...(leftOut === undefined ? {} : { leftOut })
  }
}
