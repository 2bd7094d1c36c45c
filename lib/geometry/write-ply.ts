import type { Cloud } from './vertices.js'

const property = (type: string) => (name: string): string => `property ${type} ${name}\n`

const headerOf = ({ points, colours, leftOut }: Cloud): string => [
  'ply\nformat binary_little_endian 1.0\n',
  ...(leftOut === undefined ? [] : [`comment left_out ${leftOut}\n`]),
  `element vertex ${points.length / 3}\n`,
  ...['x', 'y', 'z'].map(property('double')),
  ...(colours ? ['red', 'green', 'blue'].map(property('uchar')) : []),
  'end_header\n'
].join('')

/** Writes points as a binary PLY file, with the properties that Open3D gives them; a comment says how many were left out. */
export function writePly (cloud: Cloud): Buffer {
  const { points, colours } = cloud
  const header = headerOf(cloud)
  const file = Buffer.alloc(header.length + points.byteLength + (colours?.length ?? 0))
  const view = new DataView(file.buffer, file.byteOffset, file.length)
  let at = file.write(header, 'latin1')
  for (let i = 0; i < points.length; i += 3) {
    for (let axis = 0; axis < 3; axis++, at += 8) view.setFloat64(at, points[i + axis]!, true)
    if (!colours) continue
    for (let channel = 0; channel < 3; channel++, at++) view.setUint8(at, colours[i + channel]!)
  }
  return file
}
