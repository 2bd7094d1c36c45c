import { add, cross, dot, heading, rounded, scale, subtract, unit, type Vector } from './vector.js'

export const WIDTH = 640
export const HEIGHT = 480
const FOCAL = 760
const DISTANCE = 560

/** A camera on a circle around the plant, looking at the middle of it. */
export interface Camera {
  position: Vector
  /** Rows: the directions to the right, down and ahead. */
  rotation: readonly [Vector, Vector, Vector]
  /** `[x, y, z, pan, tilt]` in millimetres and degrees, as the scanner states it. */
  pose: number[]
}

/** @param turn the part of the circle, from 0 to 1 @param target the point in the middle of the picture */
export function cameraAt (turn: number, target: Vector): Camera {
  const offset = add(scale(heading(turn * 2 * Math.PI), DISTANCE), [0, 0, DISTANCE / 5])
  const position = add(target, offset)
  const ahead = unit(scale(offset, -1))
  const right = unit(cross(ahead, [0, 0, 1]))
  const tilt = Math.asin(-ahead[2]) * 180 / Math.PI
  return { position, rotation: [right, cross(ahead, right), ahead], pose: [...position, turn * 360, tilt].map(rounded) }
}

/** Where a point is for a camera: to the right, down and ahead. */
export const seen = ({ position, rotation }: Camera, point: Vector): Vector => {
  const from = subtract(point, position)
  return [dot(rotation[0], from), dot(rotation[1], from), dot(rotation[2], from)]
}

/** The pixel of a point that is ahead of the camera by `ahead`. */
export const pixelOf = ([right, down, ahead]: Vector): [number, number] =>
  [WIDTH / 2 + FOCAL * right / ahead, HEIGHT / 2 + FOCAL * down / ahead]

/** The camera as COLMAP states it: a point of the world is at `rotmat * point + tvec` for the camera. */
export const colmapCamera = (camera: Camera): Record<string, unknown> => ({
  camera_model: { id: 1, model: 'OPENCV', width: WIDTH, height: HEIGHT, params: [FOCAL, FOCAL, WIDTH / 2, HEIGHT / 2, 0, 0, 0, 0] },
  rotmat: camera.rotation,
  tvec: seen(camera, [0, 0, 0])
})
