import { join } from 'node:path'
import pLimit from 'p-limit'
import { fail } from '../errors.js'
import { missingAs } from './disk.js'
import { pixelsOf, type PreviewSize } from './image-size.js'
import { restrictLibvips, toJpeg } from './jpeg.js'
import { withPlainFile } from './plain-file.js'
import { cacheName, modifiedAt, readPreview, writePreview } from './previews.js'

const LONGEST_LINE = 500
const MOST_BYTES = 256 * 1024 * 1024

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
   * @throws `file_not_found` for what is no plain file, `image_unreadable`, `storage_unavailable`,
   * `overloaded` when too many wait already
   */
  render: (picture: Picture, size: PreviewSize) => Promise<Buffer>
}

interface Drawing { jpeg: Buffer, modified: number }

// Read as a whole: libvips may map a file, and a mapped one that somebody shortens ends the process.
const draw = (source: string, size: PreviewSize): Promise<Drawing> => withPlainFile(source, async (handle, stats) => {
  if (stats.size > MOST_BYTES) return fail('image_unreadable')
  return { jpeg: await toJpeg(await handle.readFile(), pixelsOf(size)), modified: modifiedAt(stats) }
})

/** @param concurrency how many pictures are rendered at the same time; each may need a few hundred megabytes */
export function createImages ({ concurrency }: { concurrency: number }): Images {
  restrictLibvips()
  const limit = pLimit(concurrency)
  const running = new Map<string, Promise<Buffer>>()

  const drawInLine = async ({ source }: Picture, size: PreviewSize): Promise<Drawing> => {
    if (limit.pendingCount >= LONGEST_LINE) return fail('overloaded', { retryAfter: 5 })
    return limit(() => draw(source, size)).catch(missingAs('file_not_found'))
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
