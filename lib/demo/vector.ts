/** A point or direction in space. The demo's unit is the millimetre, z points up. */
export type Vector = readonly [x: number, y: number, z: number]

export const add = (a: Vector, b: Vector): Vector => [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
export const scale = (a: Vector, by: number): Vector => [a[0] * by, a[1] * by, a[2] * by]
export const subtract = (a: Vector, b: Vector): Vector => add(a, scale(b, -1))
export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
export const length = (a: Vector): number => Math.sqrt(dot(a, a))
export const unit = (a: Vector): Vector => scale(a, 1 / length(a))
export const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0]
]

/** The horizontal direction of an angle in radians, anticlockwise from x. */
export const heading = (angle: number): Vector => [Math.cos(angle), Math.sin(angle), 0]

/** Rounded to a thousandth, as it is written to files; never -0. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000 + 0
