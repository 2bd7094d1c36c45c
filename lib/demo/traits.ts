import type { Plant } from './plant.js'
import { length, rounded, subtract, type Vector } from './vector.js'

export interface Skeleton {
  points: number[][]
  /** Pairs of places in `points`. */
  lines: Array<[number, number]>
}

export interface Phyllotaxis {
  /** From each organ to the next, anticlockwise, in radians from 0 to 2 pi. */
  angles: number[]
  /** From each node to the next, in millimetres. */
  internodes: number[]
  /** The points of each organ. */
  fruit_points: number[][][]
}

const plain = (points: Vector[]): number[][] => points.map(point => point.map(rounded))

const nearest = (points: Vector[], to: Vector): number => {
  const distances = points.map(point => length(subtract(point, to)))
  return distances.indexOf(Math.min(...distances))
}

/** The lines along stem and midribs, connected, as PlantDB's `CurveSkeleton.json` has them. */
export function skeletonOf ({ stem, organs }: Plant): Skeleton {
  const points = [...stem]
  const lines = stem.slice(1).map((_, i): [number, number] => [i, i + 1])
  for (const { midrib } of organs) {
    const first = points.length
    lines.push([nearest(stem, midrib[0]!), first])
    for (let i = 1; i < midrib.length; i++) lines.push([first + i - 1, first + i])
    points.push(...midrib)
  }
  return { points: plain(points), lines }
}

/** The divergence angles and internodes, as PlantDB's `AnglesAndInternodes.json` has them. */
export function phyllotaxisOf ({ organs }: Plant): Phyllotaxis {
  const turn = 2 * Math.PI
  const pairs = organs.slice(1).map((organ, i) => [organs[i]!, organ] as const)
  return {
    angles: pairs.map(([below, above]) => rounded((above.azimuth - below.azimuth) % turn)),
    internodes: pairs.map(([below, above]) => rounded(length(subtract(above.node, below.node)))),
    fruit_points: organs.map(({ midrib }) => plain(midrib))
  }
}
