import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { mkdir, rename, utimes, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { discard } from './disk.js'
import { withPlainFile } from './plain-file.js'

const kept = ['thumb', 'large'] as const

/** The sizes whose previews are kept on disk: a bounded number, whatever is asked for. */
export type KeptSize = typeof kept[number]

/** The name of a preview in the scan's folder `webcache`, the same as PlantDB's (FSDB, `webcache.py`). */
export const cacheName = (scan: string, fileset: string, file: string, size: KeptSize): string =>
  `${createHash('sha1').update(`image|${scan}|${fileset}|${file}|${size}`).digest('hex')}.jpeg`

/** The names of all previews that a picture may have, for their removal with it. */
export const cacheNames = (scan: string, fileset: string, file: string): string[] =>
  kept.map(size => cacheName(scan, fileset, file, size))

/** When a file was changed, in whole milliseconds: `utimes` may set the instant a few nanoseconds early. */
export const modifiedAt = (stats: Stats): number => Math.round(stats.mtimeMs)

// A crash can leave a file under its name without its bytes.
const isWhole = (jpeg: Buffer): boolean => jpeg.length > 4 && jpeg.readUInt16BE(0) === 0xffd8 && jpeg.readUInt16BE(jpeg.length - 2) === 0xffd9

/**
 * Reads a preview.
 * @param modified when its source was changed, in milliseconds; a preview of another time is not valid
 * @returns undefined if there is no valid one, or it cannot be read
 */
export async function readPreview (path: string, modified: number): Promise<Buffer | undefined> {
  try {
    return await withPlainFile(path, async (handle, stats) => {
      if (modifiedAt(stats) !== modified) return undefined
      const data = await handle.readFile()
      return isWhole(data) ? data : undefined
    })
  } catch {
    return undefined
  }
}

/**
 * Keeps a preview if it can: on a full or read-only disk there is none, which is no error. It makes
 * the folder `webcache` but not the one above, which is gone if the scan was deleted meanwhile.
 * @param temporary a free path on the same file system
 * @param modified when the source was changed, in milliseconds
 */
export async function writePreview (path: string, temporary: string, data: Buffer, modified: number): Promise<void> {
  try {
    await mkdir(dirname(path)).catch(() => undefined)
    await writeFile(temporary, data, { flag: 'wx' })
    await utimes(temporary, new Date(), new Date(modified))
    await rename(temporary, path)
  } catch {
    await discard(temporary).catch(() => undefined)
  }
}
