import type { Cloud } from './cloud.js'
import type { Colour, Mesh } from './mesh.js'
import { rounded, type Vector } from './vector.js'

const header = (vertices: number, more: string[]): string[] => [
  'ply',
  'format ascii 1.0',
  'comment synthetic data made for the demo; millimetres',
  `element vertex ${vertices}`,
  ...['x', 'y', 'z'].map(name => `property double ${name}`),
  ...['red', 'green', 'blue'].map(name => `property uchar ${name}`),
  ...more,
  'end_header'
]

const rows = (points: Vector[], colours: Colour[]): string[] =>
  points.map((point, i) => [...point.map(rounded), ...colours[i]!].join(' '))

const text = (lines: string[]): Buffer => Buffer.from(`${lines.join('\n')}\n`)

/** A point cloud as an ASCII PLY file. */
export const cloudPly = ({ points, colours }: Cloud): Buffer =>
  text([...header(points.length, []), ...rows(points, colours)])

/** A triangle mesh as an ASCII PLY file. */
export const meshPly = ({ vertices, colours, faces }: Mesh): Buffer => text([
  ...header(vertices.length, [`element face ${faces.length}`, 'property list uchar uint vertex_indices']),
  ...rows(vertices, colours),
  ...faces.map(face => `3 ${face.join(' ')}`)
])
