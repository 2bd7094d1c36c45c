import fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { downSample } from '#lib/geometry/voxel.js'

type Point = [x: number, y: number, z: number]
interface Coloured { at: Point, colour: Point }

const cloudOf = (points: Coloured[]) => ({
  points: Float64Array.from(points.flatMap(({ at }) => at)),
  colours: Uint8Array.from(points.flatMap(({ colour }) => colour))
})

const plain = (points: Point[], voxel: number): number[] =>
  [...downSample({ points: Float64Array.from(points.flat()), colours: undefined }, voxel).points]

const meanOf = (rows: Point[]): Point =>
  [0, 1, 2].map(axis => rows.reduce((sum, row) => sum + row[axis]!, 0) / rows.length) as Point

/** What `voxel_down_sample` of Open3D does, with words as keys. */
function reference (points: Coloured[], voxel: number): Coloured[] {
  const least = [0, 1, 2].map(axis => points.reduce((least, { at }) => Math.min(least, at[axis]!), Infinity))
  const voxels = new Map<string, Coloured[]>()
  for (const point of points) {
    const key = point.at.map((value, axis) => Math.floor((value - (least[axis]! - voxel * 0.5)) / voxel)).join(' ')
    voxels.set(key, [...voxels.get(key) ?? [], point])
  }
  return [...voxels.values()].map(inside => ({
    at: meanOf(inside.map(({ at }) => at)),
    colour: meanOf(inside.map(({ colour }) => colour)).map(Math.round) as Point
  }))
}

t.test('the points of a voxel become their mean, in the order of the first points', async t => {
  t.same(plain([[10, 0, 0], [0, 0, 0], [0.4, 0, 0], [10.25, 0, 0]], 1), [10.125, 0, 0, 0.2, 0, 0])
  t.same(plain([[0, 0, 0], [0.49, 0, 0], [0.5, 0, 0], [1.49, 0, 0], [1.5, 0, 0]], 1), [0.245, 0, 0, 0.995, 0, 0, 1.5, 0, 0], 'the grid begins half a voxel before the least')
  t.same(plain([[-3, -3, -3], [-3, -3, -2], [-3, -2, -3], [-2, -3, -3]], 1), [-3, -3, -3, -3, -3, -2, -3, -2, -3, -2, -3, -3], 'along each axis')
  t.same(plain([[1, 2, 3], [4, 6, 8]], 1e6), [2.5, 4, 5.5])
  t.same(plain([[7, 8, 9]], 0.1), [7, 8, 9])
  t.same(plain([], 1), [])
})

t.test('colours are averaged and rounded', async t => {
  const { colours } = downSample(cloudOf([
    { at: [0, 0, 0], colour: [0, 255, 10] }, { at: [0, 0, 0.1], colour: [1, 255, 20] }, { at: [9, 0, 0], colour: [1, 2, 3] }
  ]), 1)
  t.same([...colours!], [1, 255, 15, 1, 2, 3])
})

t.test('it is what a naive one finds', async () => {
  const value = fc.oneof(fc.integer({ min: -4, max: 4 }), fc.double({ noNaN: true, min: -10, max: 10 }), fc.constantFrom(-1e8, 1e8))
  const byte = fc.integer({ min: 0, max: 255 })
  const point = fc.record({ at: fc.tuple(value, value, value), colour: fc.tuple(byte, byte, byte) })
  const voxel = fc.oneof(fc.constantFrom(1, 2, 0.5, 1e12), fc.double({ noNaN: true, min: 1.5, max: 50 }))
  fc.assert(fc.property(fc.array(point, { maxLength: 60 }), voxel, (points, voxel) => {
    const cloud = cloudOf(points)
    const before = JSON.stringify(cloud)
    const found = downSample(cloud, voxel)
    const wanted = cloudOf(reference(points, voxel))
    return isDeepStrictEqual(found, wanted) && JSON.stringify(cloud) === before
  }), { numRuns: 500 })
})

t.test('tens of thousands of points', async t => {
  const points = Array.from({ length: 50_000 }, (_, i): Coloured => ({ at: [i % 100, Math.floor(i / 100) % 100, i % 7 / 10], colour: [0, 0, 0] }))
  const start = performance.now()
  const found = downSample(cloudOf(points), 1.8)
  t.ok(performance.now() - start < 2000)
  t.ok(isDeepStrictEqual(found, cloudOf(reference(points, 1.8))))
})

t.test('voxels that are too small', async t => {
  const line = (extent: number, voxel: number): number[] => plain([[0, 0, 0], [0, extent, 0], [0, extent, 0]], voxel)
  t.same(line(2 ** 31 - 1, 1), [0, 0, 0, 0, 2 ** 31 - 1, 0], 'as many as there may be')
  t.same(line(1, 1e-9), [0, 0, 0, 0, 1, 0])
  for (const [extent, voxel] of [[2 ** 31, 1], [1, 1e-10], [1, Number.MIN_VALUE], [1e300, 1], [-1e300, 1e-300]] as const) {
    t.throws(() => line(extent, voxel), { name: 'PlyError', message: 'The voxels are too small for the extent of the points.' }, `${extent} / ${voxel}`)
  }
  t.same(line(0, Number.MIN_VALUE), [0, 0, 0], 'which is no matter if all points are one')
  for (const voxel of [0, -1, NaN, Infinity]) t.throws(() => line(1, voxel), { name: 'PlyError', message: 'The size of a voxel has to be a positive number.' }, `${voxel}`)
})
