import { jsonOf } from './json.js'
import { readCloud, readMesh } from './ply.js'
import { PlyError } from './ply-error.js'
import { downSample } from './voxel.js'
import { writePly } from './write-ply.js'

/** What to make of a PLY file. */
export interface Job {
  kind: keyof typeof kinds
  /** The file. */
  bytes: Uint8Array
  /** The length of an edge, for `downSample` and, if points are wanted thinned out, `coordinates`. */
  voxel?: number
}

/** What became of a job; a `refusal` is the message of a `PlyError`. */
export type Reply = { bytes: Uint8Array } | { refusal: string }

/** Says how many points were left out, if any were. */
const omission = ({ leftOut }: { leftOut?: number }) => leftOut === undefined ? {} : { left_out: leftOut }

function coordinates (file: Buffer, voxel: number): Buffer {
  const stored = readCloud(file)
  const cloud = Number.isNaN(voxel) ? stored : downSample(stored, voxel)
  return jsonOf({ coordinates: cloud.points, ...omission(cloud) })
}

function mesh (file: Buffer): Buffer {
  const read = readMesh(file)
  return jsonOf({ vertices: read.vertices, triangles: read.triangles, ...omission(read) })
}

const kinds = {
  coordinates,
  mesh,
  downSample: (file: Buffer, voxel: number) => writePly(downSample(readCloud(file), voxel))
}

/** Does a job; only what the file is to blame for becomes a refusal. */
export function perform ({ kind, bytes, voxel = NaN }: Job): Reply {
  try {
    return { bytes: kinds[kind](Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), voxel) }
  } catch (error) {
    if (error instanceof PlyError) return { refusal: error.message }
    throw error
  }
}
