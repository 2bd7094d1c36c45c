import t from 'tap'
import { PlyError } from '#lib/geometry/ply-error.js'
import { readCloud, readMesh } from '#lib/geometry/ply.js'
import { bytes, element, file, points } from './craft.js'

const binary = 'binary_little_endian'
const raw = (...lines: string[]): Buffer => Buffer.from(lines.join('\n'))
const withFaces = (count: number | string, list = 'list uchar int vertex_indices'): string[] => [...points(1), ...element('face', count, list)]
const vertex = bytes('float', 1, 2, 3)

const early = 'The file ends before all that its header announces.'
const notInHeader = 'The header has a line that PLY does not know.'
const badCount = 'The count of an element is no number.'
const badType = 'The header names a type that PLY does not have.'
const badFormat = 'The header states a format that PLY 1.0 does not have.'
const badFace = 'A face has a vertex that is not there.'
const badLength = 'The length of a list is no count.'
const noCoordinates = 'The vertices have no x, y and z.'
const endless = 'The header does not end within its first 64 KiB.'
const badCoordinate = 'A coordinate is no number, or too large.'

const cases: Array<[message: string, ...files: Buffer[]]> = [
  ['It is no PLY file.', raw(''), raw('ply'), raw('plyx', ''), raw(' ply', ''), raw('PLY', ''), raw('solid x', ''), Buffer.alloc(100), Buffer.from([0xff, 0xd8, 0xff])],
  [endless, raw('ply', 'format ascii 1.0'), raw('ply', 'format ascii 1.0', ...points(0), 'end_header'), raw('ply', 'format ascii 1.0', ...points(0), 'end_headers', ''), raw('ply', 'format ascii 1.0', 'comment end_header', ''),
    file('ascii', [`comment ${'x'.repeat(65_536)}`, ...points(0)]), Buffer.from('ply\n'.padEnd(5_000_000, 'end_header '))],
  ['Big-endian PLY files are not read; it has to be ascii or binary_little_endian.', file('binary_big_endian', points(0))],
  [badFormat, file('binary', points(0)), file('', points(0)), raw('ply', 'format ascii 2.0', 'end_header', ''), raw('ply', 'format ascii', 'end_header', '')],
  ['The header states no format.', raw('ply', ...points(0), 'end_header', ''), raw('ply', 'end_header', '')],
  ['The header has to state one format, before all elements.', file('ascii', ['format ascii 1.0', ...points(0)]), raw('ply', ...points(0), 'format ascii 1.0', 'end_header', '')],
  [notInHeader, file('ascii', [...points(0), 'constructor']), file('ascii', ['comments', ...points(0)]), file('ascii', ['\0', ...points(0)])],
  [badCount, ...['', '-1', '1.5', '1e3', '0x10', 'NaN', '99999999999999999999'].map(count => file('ascii', points(count)))],
  ['The header has two elements of the same name.', file('ascii', [...points(0), ...points(0)]), file('ascii', [...points(0), 'element a 1', 'element a 2'])],
  ['The header has a property before the first element.', file('ascii', ['property float x', ...points(0)])],
  ['The header has a property without a name.', file('ascii', [...points(0), 'property float']), file('ascii', [...points(0), 'property list uchar int'])],
  ['An element has two properties of the same name.', file('ascii', [...points(0), 'property float x']), file('ascii', [...points(0), 'property list uchar int y'])],
  [badType, ...['half x', '', 'Float x', 'constructor x', 'list', 'list uchar', 'list uchar bool x', 'list bool int x', '__proto__ x'].map(line => file('ascii', [...points(0), `property ${line}`]))],
  ['The length of a list has to be of an integer type.', file('ascii', [...points(0), 'property list float int l'])],
  ['The file has no vertices.', file('ascii', []), file('ascii', element('face', 0, 'list uchar int vertex_indices')), file('ascii', element('Vertex', 0, 'float x', 'float y', 'float z'))],
  [noCoordinates, file('ascii', ['element vertex 0']), file('ascii', element('vertex', 1, 'float x', 'float y'), '1 2'), file('ascii', element('vertex', 1, 'float x', 'float y', 'list uchar float z'), '1 2 1 3')],
  [badCoordinate, ...['nano', 'nan(', 'infinit', '1e301', '1,5', '0x', '1.2.3', '--1', '1_0', '1'.repeat(600), `1.${'0'.repeat(600)}`].map(word => file('ascii', points(1), `1 ${word} 3`)),
    file(binary, points(1, 'double'), bytes('double', 1, 2, -1e301))],
  [early, file('ascii', points(1), '1 2'), file('ascii', points(1), '1  \n 2  '), file(binary, points(1), vertex.subarray(0, 11)), file('ascii', points(1)), file(binary, points(1)),
    ...['2', '4294967295', '9007199254740991'].flatMap(count => [file('ascii', points(count), '1 2 3'), file(binary, points(count), vertex), file(binary, points(count, 'uchar'), Buffer.from([1, 2, 3]))]),
    file('ascii', [...element('other', 2 ** 40, 'list uchar int l'), ...points(0)], '0 0'),
    file(binary, [...element('other', 2 ** 40, 'list uchar int l'), ...points(0)], Buffer.alloc(1000)),
    file('ascii', [...points(1), ...element('other', 1, 'list uint double l')], '1 2 3 4000000000 1'),
    file(binary, [...points(1), ...element('other', 1, 'list uint double l')], vertex, bytes('uint', 2 ** 32 - 1)),
    file(binary, [...points(1), ...element('other', 2, 'list uchar int l', 'char c')], vertex, Buffer.from([0, 0, 0]))]
]

const meshCases: typeof cases = [
  ['The faces have no list of vertices.', file('ascii', [...points(0), ...element('face', 0, 'int vertex_indices')]), file('ascii', [...points(0), ...element('face', 0, 'list uchar int indices')]), file('ascii', [...points(0), 'element face 1'])],
  [badFace, ...['1 1', '1 -1', '3 0 0 1', '1 0.5', '1 nan', '1 4294967296', '1 x'].map(face => file('ascii', withFaces(1), `1 2 3 ${face}`)),
    ...[1, -1, 2 ** 31 - 1, -(2 ** 31)].map(index => file(binary, withFaces(1), vertex, Buffer.from([3]), bytes('int', 0, 0, index))),
    file(binary, withFaces(1, 'list uchar float vertex_indices'), vertex, Buffer.from([1]), bytes('float', NaN))],
  [badLength, ...['-1 0', '1.5 0 0', 'nan 0', 'x 0', '1e999 0'].map(face => file('ascii', withFaces(1), `1 2 3 ${face}`)),
    file(binary, withFaces(1, 'list char int vertex_indices'), vertex, Buffer.from([0xff]), bytes('int', 0))],
  [early, file('ascii', withFaces(1), '1 2 3 3 0 0'), file(binary, withFaces(1), vertex, Buffer.from([3]), bytes('int', 0, 0)), file('ascii', withFaces('1000000000000'), '1 2 3 0 0 0'),
    file('ascii', withFaces(1, 'list uint int vertex_indices'), '1 2 3 4294967295 0 0 0'), file(binary, withFaces(1, 'list uint uchar vertex_indices'), vertex, bytes('uint', 2 ** 32 - 1), Buffer.alloc(100))]
]

t.test('every hostile file is refused with one sentence, at once', async t => {
  const refused = (read: (data: Buffer) => unknown, message: string, data: Buffer): void => {
    const start = performance.now()
    try {
      read(data)
      t.fail(message)
    } catch (error) {
      t.ok(error instanceof PlyError, message)
      t.match(error, { message, name: 'PlyError' }, data.toString('latin1', 0, 300))
    }
    t.ok(performance.now() - start < 1000, 'quickly')
  }
  for (const [message, ...files] of cases) files.forEach(data => { refused(readCloud, message, data); refused(readMesh, message, data) })
  for (const [message, ...files] of meshCases) files.forEach(data => refused(readMesh, message, data))
})

t.test('a small file cannot ask for much memory', async t => {
  const most = 2 ** 24
  const body = Buffer.alloc(3 * most + 3)
  t.throws(() => readCloud(file(binary, points(most + 1, 'uchar'), body)), { name: 'PlyError', message: /more than 16 777 216 vertices/ })
  const fan = [...points(1), ...element('face', 1, 'list uint uchar vertex_indices')]
  const faces = Buffer.alloc(most + 7)
  faces.writeUInt32LE(most + 3)
  t.throws(() => readMesh(file(binary, fan, vertex, faces)), { name: 'PlyError', message: /more than 16 777 216 triangles/ })
})

t.test('a header may be as long as it may be, with thousands of names', async t => {
  const lines = [...points(1), ...Array.from({ length: 4000 }, (_, i) => `element e${i} 0`)]
  const start = performance.now()
  t.same([...readCloud(file('ascii', lines, '1 2 3')).points], [1, 2, 3])
  t.ok(performance.now() - start < 1000)
})
