import fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { PlyError } from '#lib/geometry/ply-error.js'
import { readCloud, readMesh } from '#lib/geometry/ply.js'
import { writePly } from '#lib/geometry/write-ply.js'
import { write, type Cell, type Column, type Format, type Table } from './craft.js'

const whole = (min: number, max: number) => fc.integer({ min, max })
const real = fc.double({ noNaN: true, min: -1e300, max: 1e300 })
const valuesOf: Record<string, fc.Arbitrary<number>> = {
  char: whole(-128, 127),
  uchar: whole(0, 255),
  short: whole(-32768, 32767),
  ushort: whole(0, 65535),
  int: whole(-(2 ** 31), 2 ** 31 - 1),
  uint: whole(0, 2 ** 32 - 1),
  float: fc.float({ noNaN: true, noDefaultInfinity: true }),
  double: real
}
const format = fc.constantFrom<Format>('ascii', 'binary_little_endian')
const type = fc.constantFrom(...Object.keys(valuesOf))
const lengthType = fc.constantFrom('char', 'uchar', 'short', 'ushort', 'int', 'uint')

const extra = (name: string): fc.Arbitrary<Column> => fc.oneof(
  type.map(type => ({ name, type })),
  fc.record({ type, length: lengthType }).map(list => ({ name, ...list }))
)
const extras = fc.tuple(extra('a'), extra('b'), extra('c')).chain(columns => fc.subarray(columns))
const cell = ({ type, length }: Column): fc.Arbitrary<Cell> => length === undefined ? valuesOf[type]! : fc.array(valuesOf[type]!, { maxLength: 4 })
const rowsOf = (columns: Column[], more: Partial<Record<string, fc.Arbitrary<Cell>>> = {}): fc.Arbitrary<Cell[][]> =>
  fc.array(fc.tuple(...columns.map(column => more[column.name] ?? cell(column))), { maxLength: 6 })

const shuffled = <T>(items: T[]): fc.Arbitrary<T[]> => fc.shuffledSubarray(items, { minLength: items.length })
const other = (name: string): fc.Arbitrary<Table> =>
  extras.chain(columns => rowsOf(columns).map(rows => ({ name, columns, rows })))
const vertices: fc.Arbitrary<Table> = fc.tuple(extras, type, type, type)
  .chain(([more, ...types]) => shuffled([...more, ...['x', 'y', 'z'].map((name, axis) => ({ name, type: types[axis]! }))]))
  .chain(columns => rowsOf(columns).map(rows => ({ name: 'vertex', columns, rows })))
const faces = (count: number): fc.Arbitrary<Table> => fc.tuple(extras, lengthType, fc.constantFrom('uchar', 'ushort', 'int'), fc.constantFrom('vertex_index', 'vertex_indices'))
  .chain(([more, length, type, name]) => shuffled<Column>([...more, { name, type, length }]))
  .chain(columns => {
    const indices = count === 0 ? fc.constant<Cell>([]) : fc.array(whole(0, count - 1), { maxLength: 6 })
    return rowsOf(columns, { vertex_index: indices, vertex_indices: indices }).map(rows => ({ name: 'face', columns, rows }))
  })
const tables = vertices.chain(vertex => fc.tuple(faces(vertex.rows.length), other('edge'), other('camera')).chain(rest => shuffled([vertex, ...rest])))

const columnOf = (table: Table, ...names: string[]): Cell[] => {
  const index = table.columns.findIndex(({ name }) => names.includes(name))
  return table.rows.map(row => row[index]!)
}
const expected = (tables: Table[]): { vertices: number[], triangles: number[] } => {
  const vertex = tables.find(({ name }) => name === 'vertex')!
  const [x, y, z] = ['x', 'y', 'z'].map(axis => columnOf(vertex, axis) as number[]) as [number[], number[], number[]]
  const lists = columnOf(tables.find(({ name }) => name === 'face')!, 'vertex_index', 'vertex_indices') as number[][]
  return {
    vertices: x.flatMap((value, row) => [value, y[row]!, z[row]!].map(number => number + 0)),
    triangles: lists.flatMap(list => list.slice(2).flatMap((corner, i) => [list[0]!, list[i + 1]!, corner]))
  }
}

/** Reads in both ways, and says how long it took and whether it was refused. */
const attempt = (data: Buffer): { refused: boolean, ms: number } => {
  const start = performance.now()
  let refused = false
  for (const read of [readCloud, readMesh]) {
    try {
      read(data)
    } catch (error) {
      if (!(error instanceof PlyError)) throw error
      refused = true
    }
  }
  return { refused, ms: performance.now() - start }
}

t.test('what is written is what is read', async t => {
  const cloud = fc.array(fc.tuple(real, real, real, whole(0, 255), whole(0, 255), whole(0, 255)), { maxLength: 40 })
  fc.assert(fc.property(cloud, fc.boolean(), (rows, coloured) => {
    const points = Float64Array.from(rows.flatMap(row => row.slice(0, 3)))
    const colours = coloured ? Uint8Array.from(rows.flatMap(row => row.slice(3))) : undefined
    return isDeepStrictEqual(readCloud(writePly({ points, colours })), { points, colours })
  }))
  t.equal(writePly({ points: Float64Array.of(1, 2, 3), colours: Uint8Array.of(4, 5, 6) }).toString('latin1').split('end_header\n')[0], [
    'ply', 'format binary_little_endian 1.0', 'element vertex 1', 'property double x', 'property double y', 'property double z',
    'property uchar red', 'property uchar green', 'property uchar blue', ''
  ].join('\n'))
})

t.test('any tables, in text and in binary', async () => {
  fc.assert(fc.property(format, tables, (format, tables) => {
    const data = write(format, tables)
    const mesh = readMesh(data)
    const found = { vertices: [...mesh.vertices].map(number => number + 0), triangles: [...mesh.triangles] }
    if (JSON.stringify(found) !== JSON.stringify(expected(tables))) throw new Error(data.toString('latin1'))
    return isDeepStrictEqual(readCloud(data).points, mesh.vertices)
  }), { numRuns: 300 })
})

t.test('a file that is cut short', async () => {
  fc.assert(fc.property(format, tables, fc.nat(), (format, tables, at) => {
    const data = write(format, tables)
    const { refused, ms } = attempt(data.subarray(0, at % data.length))
    // The last number of a text may have lost digits, or its blank.
    return ms < 2000 && (refused || format === 'ascii')
  }), { numRuns: 500 })
})

t.test('a file with wrong bytes', async () => {
  const flips = fc.array(fc.tuple(fc.nat(), whole(0, 255)), { minLength: 1, maxLength: 8 })
  fc.assert(fc.property(format, tables, flips, (format, tables, flips) => {
    const data = write(format, tables)
    for (const [at, byte] of flips) data[at % data.length] = byte
    return attempt(data).ms < 2000
  }), { numRuns: 1000 })
})

t.test('any bytes behind a header', async () => {
  const body = fc.uint8Array({ maxLength: 200 })
  fc.assert(fc.property(format, tables, body, (format, tables, body) => {
    const data = write(format, tables)
    return attempt(Buffer.concat([data.subarray(0, data.indexOf('end_header\n') + 11), body])).ms < 2000
  }), { numRuns: 500 })
})
