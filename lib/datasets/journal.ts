import { linkSync } from 'node:fs'
import { mkdir, readdir, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, discardFile, isMissing } from './disk.js'

/**
 * The last versions of the listings that were written, each a second name (hard link) of the file that
 * became `files.json`. A version is noted before the files it lists are put in place, so that after a crash
 * the scan can be brought forward to it; and when a replica that was stopped for longer than its lease puts
 * an older version over a newer one, the newer one is still here.
 */
export interface Journal {
  /** Notes the version that is about to become the listing. */
  note: (scan: string, fence: number, draft: string) => Promise<void>
  /**
   * Finds the present version of a listing, to begin a version `fence` from.
   * @returns `newest`: the path of one that a crash or a stopped replica kept from staying in place, undefined if
   * `files.json` itself is the latest; `before`: the path of the one before the latest, if it is kept
   */
  versions: (scan: string, listing: string, fence: number) => Promise<{ newest: string | undefined, before: string | undefined }>
  /**
   * Forgets versions older than `fence`. To be called by who has the lease.
   * @param strays fences of versions whose writers may still put them in place
   */
  forget: (scan: string, fence: number, strays?: readonly number[]) => Promise<void>
  /** Forgets one version, known to be the only one older than the latest. */
  forgetOne: (scan: string, fence: number) => void
  /** The scans of which versions are kept, and the fence of the latest one. */
  scans: () => Promise<Array<{ scan: string, latest: number }>>
}

const inodeOf = async (path: string): Promise<bigint | undefined> => {
  try {
    return (await stat(path, { bigint: true })).ino
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

const unlessMissing = (error: unknown): void => { if (!isMissing(error)) throw error }

/** @param folder on the file system of the data sets */
export function createJournal (folder: string): Journal {
  const pathOf = (scan: string, fence: number): string => join(folder, scan, String(fence))

  /** The latest first. */
  const fencesOf = async (scan: string): Promise<number[]> => {
    try {
      return (await readdir(join(folder, scan))).map(Number).sort((a, b) => b - a)
    } catch (error) {
      unlessMissing(error)
      return []
    }
  }

  const add = (scan: string, fence: number, file: string): void => {
    try {
      linkSync(file, pathOf(scan, fence))
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
  }

  const noteOnce = async (scan: string, fence: number, file: string): Promise<void> => {
    try {
      add(scan, fence, file)
    } catch (error) {
      unlessMissing(error)
      await mkdir(join(folder, scan), { recursive: true })
      add(scan, fence, file)
    }
  }

  return {
    note: noteOnce,
    versions: async (scan, listing, fence) => {
      const fences = await fencesOf(scan)
      const inodes = await Promise.all(fences.map(other => inodeOf(pathOf(scan, other))))
      const present = await inodeOf(listing)
      const place = present === undefined ? -1 : inodes.indexOf(present)
      const [latest, before] = fences.map(other => pathOf(scan, other))
      if (place >= 0) return { newest: place > 0 ? latest : undefined, before }
      // Not among them: the first version, or one that another tool wrote. Noted, so that a crash of the next is seen.
      if (present !== undefined) await noteOnce(scan, fence - 1, listing)
      return { newest: undefined, before: undefined }
    },
    forget: async (scan, fence, strays = []) => {
      const fences = await fencesOf(scan)
      // What a stray could be put over must be here to go on from.
      const kept = strays.length > 0 ? [...strays, fences.find(other => !strays.includes(other))] : []
      const dropped = fences.filter(other => other < fence && !kept.includes(other))
      for (const other of dropped) discardFile(pathOf(scan, other))
      if (dropped.length === fences.length) await rmdir(join(folder, scan)).catch(error => { if (codeOf(error) !== 'ENOTEMPTY') unlessMissing(error) })
    },
    forgetOne: (scan, fence) => discardFile(pathOf(scan, fence)),
    scans: async () => await Promise.all((await readdir(folder)).map(async scan => ({ scan, latest: (await fencesOf(scan))[0] ?? 0 })))
  }
}
