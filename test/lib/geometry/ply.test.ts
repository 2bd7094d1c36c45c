import t from 'tap'
import { readCloud, readMesh } from '#lib/geometry/ply.js'
import { aliases, bytes, element, file, points, write, type Column } from './craft.js'

const binary = 'binary_little_endian'
const rows = (values: Float64Array | Uint32Array): number[][] =>
  Array.from({ length: values.length / 3 }, (_, row) => [...values.subarray(3 * row, 3 * row + 3)])
const coordinates = (data: Buffer): number[][] => rows(readCloud(data).points)

t.test('points in text and in binary', async t => {
  const expected = [[1, -2.5, 3], [0.1, 1e-7, 4e5]]
  t.same(coordinates(file('ascii', points(2), '1 -2.5 3\n0.1 1e-7 +4E5\n')), expected)
  t.same(coordinates(file(binary, points(2, 'double'), bytes('double', ...expected.flat()))), expected)
  t.same(coordinates(file(binary, points(1), bytes('float', 0.1, 0.2, 0.3))), [[0.1, 0.2, 0.3].map(Math.fround)])
  t.same(coordinates(file('ascii', points(0))), [], 'none')
  t.same(coordinates(file(binary, points(0))), [])
})

t.test('text is read as the programs do that it comes from', async t => {
  t.same(coordinates(file('ascii', points(2), '  1\t2 3 4\n\n5\r\n6')), [[1, 2, 3], [4, 5, 6]], 'lines mean nothing')
  t.same(coordinates(Buffer.from(file('ascii', points(1), '1 2 3\n').toString().replaceAll('\n', '\r\n'))), [[1, 2, 3]], 'CRLF')
  t.same(coordinates(file('ascii', ['comment of é element x', 'comment', ...points(1), 'obj_info end_header'], '1 2 3 and more')), [[1, 2, 3]])
})

t.test('a header with CRLF stands before binary rows, too', async t => {
  const header = file(binary, points(1)).toString().replaceAll('\n', '\r\n')
  t.same(coordinates(Buffer.concat([Buffer.from(header), bytes('float', 1, 2, 3)])), [[1, 2, 3]])
})

t.test('all types, by both of their names', async t => {
  const values: Record<string, number[]> = {
    char: [-128, 0, 127], uchar: [0, 1, 255], short: [-32768, 0, 32767], ushort: [0, 1, 65535], int: [-(2 ** 31), 0, 2 ** 31 - 1], uint: [0, 1, 2 ** 32 - 1], float: [-0.5, 0, 2 ** 60], double: [-0.1, 0, 1e300]
  }
  for (const [alias, name] of Object.entries(aliases)) {
    for (const type of [alias, name]) {
      t.same(coordinates(file(binary, points(1, type), bytes(name, ...values[name]!))), [values[name]], type)
      t.same(coordinates(file('ascii', points(1, type), values[name]!.join(' '))), [values[name]], type)
    }
  }
})

t.test('what is no coordinate is passed over, wherever it is', async t => {
  const tables = [
    { name: 'before', columns: [{ name: 'x', type: 'double' }, { name: 'l', type: 'short', length: 'uint' }], rows: [[1, [1, 2, 3]], [2, []]] },
    {
      name: 'vertex',
      columns: [{ name: 'nx', type: 'float' }, { name: 'z', type: 'short' }, { name: 'l', type: 'double', length: 'uchar' }, { name: 'x', type: 'float' }, { name: 'y', type: 'double' }, { name: 'end', type: 'char' }],
      rows: [[9, 3, [7, 7], 1, 2, 9], [9, 6, [], 4, 5, 9]]
    },
    { name: 'after', columns: [{ name: 'l', type: 'uchar', length: 'int' }], rows: [[[1]]] }
  ]
  for (const format of ['ascii', binary] as const) t.same(coordinates(write(format, tables)), [[1, 2, 3], [4, 5, 6]], format)
  t.same(coordinates(file('ascii', [...element('empty', 2 ** 52), ...points(1)], '1 2 3')), [[1, 2, 3]], 'rows without properties take no time')
  t.same(coordinates(file(binary, element('vertex', 1, 'float x', 'float y', 'float z', 'float nx'), bytes('float', 1, 2, 3, NaN))), [[1, 2, 3]], 'NaN elsewhere')
})

t.test('colours, if all three are bytes', async t => {
  const coloured = (type: string, ...names: string[]): string[] =>
    element('vertex', 1, 'float x', 'float y', 'float z', ...names.map(name => `${type} ${name}`))
  const colours = (lines: string[], rest: string): number[] | undefined => {
    const found = readCloud(file('ascii', lines, `1 2 3 ${rest}`)).colours
    return found && [...found]
  }
  t.same(colours(coloured('uchar', 'red', 'green', 'blue', 'alpha'), '0 128 255 9'), [0, 128, 255])
  t.same(colours(coloured('uint8', 'blue', 'red', 'green'), '3 1 2'), [1, 2, 3])
  t.equal(colours(coloured('uchar', 'red', 'green'), '1 2'), undefined)
  t.equal(colours(coloured('float', 'red', 'green', 'blue'), '1 0 0.5'), undefined)
  for (const wrong of ['256', '-1', '1.5', 'x']) t.throws(() => colours(coloured('uchar', 'red', 'green', 'blue'), `1 2 ${wrong}`), { name: 'PlyError', message: /colour/ }, wrong)
})

t.test('faces become triangles', async t => {
  const square = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 2, 0]]
  const vertex = { name: 'vertex', columns: ['x', 'y', 'z'].map(name => ({ name, type: 'float' })), rows: square }
  const faces = (list: Column, ...lists: number[][]) =>
    ({ name: 'face', columns: [{ name: 'flags', type: 'uchar' }, list, { name: 'texture', type: 'float', length: 'uchar' }], rows: lists.map(list => [7, list, [0.5]]) })
  const fan = [[2, 1, 0], [0, 1, 2], [0, 2, 3], [0, 3, 4]]
  for (const format of ['ascii', binary] as const) {
    for (const name of ['vertex_indices', 'vertex_index']) {
      for (const [length, type] of [['uchar', 'int'], ['int', 'uchar'], ['ushort', 'uint'], ['uchar', 'float']] as const) {
        const table = faces({ name, type, length }, [2, 1, 0], [0, 1, 2, 3, 4], [], [1], [1, 2])
        for (const tables of [[vertex, table], [table, vertex]]) {
          const mesh = readMesh(write(format, tables))
          t.same(rows(mesh.vertices), square)
          t.same(rows(mesh.triangles), fan, `${format} ${name} ${length} ${type}`)
          t.same(coordinates(write(format, tables)), square, 'of which a cloud has the vertices only')
        }
      }
    }
  }
  t.same(rows(readMesh(write('ascii', [vertex])).triangles), [], 'a cloud has none')
})

t.test('one polygon of many corners', async t => {
  const sides = 70_000
  const mesh = readMesh(file(binary, [...points(3), ...element('face', 1, 'list int uchar vertex_indices')], Buffer.alloc(36), bytes('int', sides), Buffer.alloc(sides, 2)))
  t.equal(mesh.triangles.length, 3 * (sides - 2))
  t.ok(mesh.triangles.every(index => index === 2))
})

t.test('lines of the header end as in any system, mixed as well', async t => {
  const text = file('ascii', ['comment of  x', 'obj_info\tscanner 3', '', ...points(2), ''], '1 2 3\n4 5 6\n').toString()
  const rows = bytes('float', 1, 2, 3)
  // The first byte behind the header is LF.
  const [head, start] = [file(binary, points(1)).toString(), Buffer.from([0x0a, 0, 0, 0])]
  for (const end of ['\n', '\r\n', '\r']) {
    t.same(coordinates(Buffer.from(text.replaceAll('\n', end))), [[1, 2, 3], [4, 5, 6]], JSON.stringify(end))
    t.same(coordinates(Buffer.from(text.replaceAll('\n', ` \t${end}`).replaceAll('property', '\tproperty'))), [[1, 2, 3], [4, 5, 6]], 'blanks around statements')
    t.same(coordinates(Buffer.concat([Buffer.from(head.replaceAll('\n', end)), rows])), [[1, 2, 3]], 'before binary rows')
    t.same(coordinates(Buffer.concat([Buffer.from(head.replaceAll('\n', end)), start, rows.subarray(4)])), [[start.readFloatLE(), 2, 3]], 'LF is a byte of the rows')
  }
  let line = 0
  t.same(coordinates(Buffer.from(text.replace(/\n/g, () => ['\r', '\r\n', '\n'][line++ % 3]!))), [[1, 2, 3], [4, 5, 6]], 'mixed')
})

t.test('points with a coordinate that is not finite are left out and counted', async t => {
  const rows = (values: Float64Array | Uint32Array): number[] => [...values]
  for (const word of ['nan', 'NaN', '-nan', 'nan(ind)', '+inf', '-Infinity', '1e999']) {
    const cloud = readCloud(file('ascii', points(3), `1 2 3 4 ${word} 6 7 8 9`))
    t.same([rows(cloud.points), cloud.leftOut], [[1, 2, 3, 7, 8, 9], 1], word)
  }
  for (const value of [NaN, Infinity, -Infinity]) {
    const cloud = readCloud(file(binary, points(3), bytes('float', value, 2, 3, 4, 5, 6, 7, 8, value)))
    t.same([rows(cloud.points), cloud.leftOut], [[4, 5, 6], 2], String(value))
  }
  t.same(rows(readCloud(file('ascii', points(1), 'nan nan nan')).points), [], 'all of them')
  const coloured = element('vertex', 2, 'float x', 'float y', 'float z', 'uchar red', 'uchar green', 'uchar blue')
  t.same([...readCloud(file('ascii', coloured, 'nan 0 0 1 2 3 4 5 6 7 8 9')).colours!], [7, 8, 9], 'with their colours')
  t.equal(readCloud(file('ascii', points(1), '1 2 3')).leftOut, undefined)
})

t.test('triangles go with a corner that was left out, the others keep theirs', async t => {
  const faces = element('face', 2, 'list uchar int vertex_indices')
  const mesh = readMesh(file('ascii', [...points(5), ...faces], '0 0 0 nan 0 0 1 1 1 2 2 2 3 3 3 3 0 1 2 3 2 3 4'))
  t.same([[...mesh.vertices], [...mesh.triangles], mesh.leftOut], [[0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3], [1, 2, 3], 1])
  const first = readMesh(file('ascii', [...faces, ...points(5)], '3 0 1 2 3 2 3 4 0 0 0 nan 0 0 1 1 1 2 2 2 3 3 3'))
  t.same([...first.triangles], [1, 2, 3], 'where faces come first')
})
