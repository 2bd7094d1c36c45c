import { Semaphore } from 'async-mutex'
import type { Stats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { fail } from '../errors.js'
import { decodeMemory, headerMemory } from './decode-memory.js'
import { missingAs } from './disk.js'
import { pixelsOf, type PreviewSize } from './image-size.js'
import { formatOf, HEAD_BYTES, restrictLibvips, toJpeg } from './jpeg.js'
import { withPlainFile } from './plain-file.js'
import { cacheName, modifiedAt, readPreview, writePreview } from './previews.js'

const LONGEST_LINE = 500
const MIB = 2 ** 20
const MOST_BYTES = 256 * MIB

/** A picture of a data set: its ids, and where it lies. */
export interface Picture {
  scan: string
  fileset: string
  file: string
  /** The path of its bytes. */
  source: string
  /** The path of the scan's folder of previews; it need not exist. */
  webcache: string
  /** Makes up a free path for a temporary file, on the file system of `webcache`. */
  temporary: () => string
}

/** Renders previews, a few at a time, and keeps those of the named sizes beside the scan. */
export interface Images {
  /**
   * A JPEG of a picture. Who asks for the same at the same time gets the same buffer: do not change it.
   * @throws `file_not_found` for what is no plain file, `image_unreadable`, `image_too_costly`,
   * `storage_unavailable`, `overloaded` when too many wait already
   */
  render: (picture: Picture, size: PreviewSize) => Promise<Buffer>
}

interface Drawing { jpeg: Buffer, modified: number }

/** The first bytes of an open file. */
async function bytesOf (handle: FileHandle, most: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(most), 0, most, 0)
  return buffer.subarray(0, bytesRead)
}

/** Does work once so many bytes of memory are free for it. */
type Within = <T>(bytes: number, work: () => Promise<T>) => Promise<T>

function createBudget (memory: number): Within {
  // In MiB: the semaphore takes a step for each unit.
  const free = new Semaphore(Math.floor(memory / MIB))
  return async (bytes, work) => bytes > memory - MIB
    ? fail('image_too_costly', { errors: [{ path: '', message: `Drawing it may take ${bytes} bytes of memory; IMAGE_MAX_MEMORY is ${memory}.` }] })
    : await free.runExclusive(work, Math.ceil(bytes / MIB))
}

/**
 * Read as a whole: libvips may map a file, and a mapped one that somebody shortens ends the process. Read twice: what
 * it takes is known from its header only, and who holds memory while waiting for more could wait for another who does.
 */
const draw = async (handle: FileHandle, { size: bytes }: Stats, pixels: number, within: Within): Promise<Buffer> => {
  const format = formatOf(await bytesOf(handle, HEAD_BYTES))
  if (format === undefined || bytes > MOST_BYTES) return fail('image_unreadable')
  const header = headerMemory(format, bytes)
  const decoding = await within(header, async () => await decodeMemory(await bytesOf(handle, bytes), format, pixels))
  return await within(header + decoding, async () => await toJpeg(await bytesOf(handle, bytes), pixels))
}

export interface ImagesOptions {
  /** How many pictures are rendered at the same time. */
  concurrency: number
  /** The bytes that those may take together; 512 MiB unless told. */
  memory?: number
}

export function createImages ({ concurrency, memory = 512 * MIB }: ImagesOptions): Images {
  restrictLibvips()
  const within = createBudget(memory)
  const limit = pLimit(concurrency)
  const running = new Map<string, Promise<Buffer>>()

  const drawInLine = async ({ source }: Picture, size: PreviewSize): Promise<Drawing> => {
    if (limit.pendingCount >= LONGEST_LINE) return fail('overloaded', { retryAfter: 5 })
    return limit(() => withPlainFile(source, async (handle, stats) =>
      ({ jpeg: await draw(handle, stats, pixelsOf(size), within), modified: modifiedAt(stats) }))).catch(missingAs('file_not_found'))
  }

  const preview = async (picture: Picture, size: PreviewSize, sourceModified: number): Promise<Buffer> => {
    if (typeof size === 'number') return (await drawInLine(picture, size)).jpeg
    const path = join(picture.webcache, cacheName(picture.scan, picture.fileset, picture.file, size))
    const kept = await readPreview(path, sourceModified)
    if (kept) return kept
    const { jpeg, modified } = await drawInLine(picture, size)
    await writePreview(path, picture.temporary(), jpeg, modified)
    return jpeg
  }

  const once = (key: string, work: () => Promise<Buffer>): Promise<Buffer> => {
    const known = running.get(key)
    if (known) return known
    const job = work().finally(() => running.delete(key))
    running.set(key, job)
    return job
  }

  return {
    render: async (picture, size) => {
      const stats = await withPlainFile(picture.source, async (_handle, stats) => stats).catch(missingAs('file_not_found'))
      const key = [picture.source, size, stats.mtimeMs, stats.size].join('\n')
      return once(key, () => preview(picture, size, modifiedAt(stats)))
    }
  }
}
