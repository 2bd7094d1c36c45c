import fc from 'fast-check'
import t from 'tap'
import { jsonOf } from '#lib/geometry/json.js'

const rows = (values: Float64Array | Uint32Array): number[][] =>
  Array.from({ length: values.length / 3 }, (_, row) => [...values.subarray(3 * row, 3 * row + 3)])

t.test('rows of three, with every digit', async t => {
  t.equal(jsonOf({ coordinates: Float64Array.of(1, -2.5, 1e-7, 0.1, 1e21, 3) }).toString(), '{"coordinates":[[1,-2.5,1e-7],[0.1,1e+21,3]]}')
  t.equal(jsonOf({ vertices: new Float64Array(), triangles: new Uint32Array() }).toString(), '{"vertices":[],"triangles":[]}')
  fc.assert(fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => value + 0), { maxLength: 30 }), values => {
    const points = Float64Array.from(values.slice(0, values.length - values.length % 3))
    return JSON.stringify(JSON.parse(jsonOf({ points }).toString())) === JSON.stringify({ points: rows(points) })
  }))
})

t.test('pieces fit together', async t => {
  for (const count of [4095, 4096, 4097, 8192, 10_000]) {
    const points = new Float64Array(3 * count).map((_, index) => index / 8)
    const triangles = new Uint32Array(3 * count).map((_, index) => index)
    t.equal(jsonOf({ points, triangles }).toString(), JSON.stringify({ points: rows(points), triangles: rows(triangles) }), `${count}`)
  }
})

t.test('more than a client could take', async t => {
  const points = new Float64Array(9)
  const length = jsonOf({ points }).length
  t.equal(jsonOf({ points }, length).length, length)
  t.throws(() => jsonOf({ points }, length - 1), { name: 'PlyError', message: 'The file has more points or faces than can be written as JSON.' })
})
