import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Job, Reply } from './jobs.js'
import { PlyError, refuse } from './ply-error.js'
import { createPool } from '../threads/pool.js'

const LONGEST_LINE = 16

/** Of JavaScript's heap; the points lie outside of it. */
const MOST_MEGABYTES = 128

/** A file that is read when it is its turn, so that those that wait take no memory. */
export interface PlyFile {
  /** Its size, in bytes. */
  bytes: number
  read: () => Promise<Uint8Array>
}

/** The bytes of a PLY file: they are handed over to another thread, do not use them afterwards. Or a file. */
export type PlySource = Uint8Array | PlyFile

/**
 * Works on PLY 1.0 files, ASCII or binary little-endian, in a thread of its own, one after the other.
 *
 * Everything may throw a `PlyError` for a file that is too large or damaged, `overloaded` when too many wait or it
 * takes too long, and what `read` throws. Any other error is a fault of ours: it ended the thread, and the next job
 * gets a new one.
 */
export interface Geometry {
  /**
   * The vertices, as the UTF-8 text `{"coordinates":[[x,y,z],...]}`. Those with a coordinate that is NaN or infinite
   * are left out, here and below; where there are any, a member `left_out` says how many.
   * @param voxel thins them out as `downSample` does
   */
  coordinates: (source: PlySource, voxel?: number) => Promise<Buffer>
  /**
   * Vertices and faces, as the UTF-8 text `{"vertices":[[x,y,z],...],"triangles":[[a,b,c],...]}`. A face of more
   * than three corners becomes a fan of triangles.
   */
  mesh: (source: PlySource) => Promise<Buffer>
  /**
   * A binary PLY file with the mean of the points (and of their colours, if these are bytes) of each voxel;
   * a comment `left_out` has the count of those left out.
   * @param voxel the length of an edge, in the unit of the points
   * @throws {PlyError} also if it is not positive, or too small for the extent of the points
   */
  downSample: (source: PlySource, voxel: number) => Promise<Buffer>
  /** Ends the thread; what has not been done, and what comes later, fails with `overloaded`. */
  close: () => Promise<void>
}

export interface GeometryOptions {
  /** The bytes that a file may have. A job usually needs 12 times as much memory; a hostile file can make it 50 times, but about 2 GiB at most. */
  most: number
  /** How long a job may take once its file has been read, in milliseconds; 60 000 unless told. */
  timeLimit?: number
  /** How long the thread is kept without a job, in milliseconds; 30 000 unless told. */
  idle?: number
}

// Beside this module, and in the same language.
const entry = new URL(`./worker${extname(import.meta.url)}`, import.meta.url)

const startWorker = (): Worker => new Worker(entry, { resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES } })

/** Reads, thins out and converts point clouds and meshes. */
export function createGeometry ({ most, timeLimit = 60_000, idle = 30_000 }: GeometryOptions): Geometry {
  const pool = createPool<Job, Reply>({ startWorker, timeLimit, idle, longestLine: LONGEST_LINE })

  const withinMost = (bytes: number): void => {
    if (bytes > most) refuse('The file is larger than is read.')
  }
  const bytesOf = async (source: PlySource): Promise<Uint8Array> => {
    if (source instanceof Uint8Array) return source
    const bytes = await source.read()
    // It may have grown.
    withinMost(bytes.length)
    return bytes
  }

  const run = async (source: PlySource, task: Omit<Job, 'bytes'>): Promise<Buffer> => {
    withinMost(source instanceof Uint8Array ? source.length : source.bytes)
    const reply = await pool.run(async () => ({ ...task, bytes: await bytesOf(source) }))
    if ('refusal' in reply) throw new PlyError(reply.refusal)
    return Buffer.from(reply.bytes.buffer, reply.bytes.byteOffset, reply.bytes.byteLength)
  }

  return {
    coordinates: (source, voxel) => run(source, { kind: 'coordinates', ...(voxel === undefined ? {} : { voxel }) }),
    mesh: source => run(source, { kind: 'mesh' }),
    downSample: (source, voxel) => run(source, { kind: 'downSample', voxel }),
    close: pool.close
  }
}
