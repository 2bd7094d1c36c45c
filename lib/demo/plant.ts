import { createRandom } from './random.js'
import { add, heading, scale, type Vector } from './vector.js'

/** How plants of a kind grow; lengths in millimetres, angles in radians. */
export interface Habit {
  seed: number
  organs: number
  /** Angle around the stem from one leaf to the next. */
  divergence: number
  /** By how much divergences vary, to either side. */
  irregularity: number
  /** Height of the first leaf. */
  firstNode: number
  internode: number
  stemRadius: number
  leafLength: number
  leafWidth: number
  /** Height that a leaf gains, and loses again, over its length, as parts of it. */
  rise: number
  droop: number
}

/** A leaf: its midrib from the stem to the tip, and its half widths along it. */
export interface Organ {
  node: Vector
  /** Its direction around the stem, in radians. */
  azimuth: number
  midrib: Vector[]
  halfWidths: number[]
}

export interface Plant {
  stem: Vector[]
  stemRadius: number
  organs: Organ[]
}

const STEM_PARTS = 24
const LEAF_PARTS = 8
// A leaf that ended in a point would have triangles without an area.
const NARROWEST = 0.5

const steps = (parts: number): number[] => Array.from({ length: parts + 1 }, (_, i) => i / parts)

/** The stem's axis, which sways a little on its way up. */
const axisAt = (z: number): Vector => [5 * Math.sin(z / 60), 4 * Math.sin(z / 85), z]

/** Grows the plant from which a demo scan's pictures, clouds and measures are all made: the same one each time. */
export function growPlant (habit: Habit): Plant {
  const random = createRandom(habit.seed)
  const vary = (by: number): number => (random() * 2 - 1) * by
  const height = habit.firstNode + habit.internode * habit.organs

  const grow = (node: Vector, azimuth: number, vigour: number): Organ => {
    const reach = habit.leafLength * vigour
    return {
      node,
      azimuth,
      midrib: steps(LEAF_PARTS).map(s => add(node, add(scale(heading(azimuth), reach * s), [0, 0, reach * (habit.rise * s - habit.droop * s * s)]))),
      halfWidths: steps(LEAF_PARTS).map(s => Math.max(NARROWEST, habit.leafWidth / 2 * vigour * Math.sin(Math.PI * s ** 0.7)))
    }
  }

  const organs: Organ[] = []
  for (let i = 0, z = habit.firstNode, azimuth = 0; i < habit.organs; i++) {
    organs.push(grow(axisAt(z), azimuth, 1 - 0.5 * i / habit.organs + vary(0.05)))
    z += habit.internode * (1 + vary(0.3) / 2)
    azimuth += habit.divergence + vary(habit.irregularity)
  }
  return { stem: steps(STEM_PARTS).map(s => axisAt(height * s)), stemRadius: habit.stemRadius, organs }
}
