import { lstatSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pace } from '../pace.js'
import { sortPaced } from '../sort-paced.js'
import { isFilePlace, isFolderPlace } from './layout.js'

/** A file of a scan, or a folder in which there is none. */
export interface Member {
  /** Relative to the folder of the scan, with slashes. */
  path: string
  isFolder: boolean
  /** Bytes. */
  size: number
  modified: Date
}

/** What is in the folders of a scan. The looks are in the main thread, which is several times as fast as the pool for many small ones. */
async function inFolder (scan: string, parts: readonly string[], pace: () => Promise<void>): Promise<Member[]> {
  const members: Member[] = []
  for (const entry of await readdir(join(scan, ...parts), { withFileTypes: true })) {
    const below = [...parts, entry.name]
    if (entry.isDirectory() && isFolderPlace(below)) for (const member of await inFolder(scan, below, pace)) members.push(member)
    else if (entry.isFile() && isFilePlace(below)) members.push(member(scan, below, false))
    await pace()
  }
  return members.length > 0 ? members : [member(scan, parts, true)]
}

function member (scan: string, parts: readonly string[], isFolder: boolean): Member {
  const { size, mtime } = lstatSync(join(scan, ...parts))
  return { path: parts.join('/'), isFolder, size, modified: mtime }
}

const rank = ({ path }: Member): string => path === 'files.json' ? '' : path

/**
 * What belongs to a scan: no caches, hidden files, symbolic links or anything deeper than the layout.
 *
 * @param scan the folder of the scan
 * @returns sorted by path, but `files.json` first
 */
export async function membersOf (scan: string): Promise<Member[]> {
  const members = await inFolder(scan, [], pace)
  return await sortPaced(members, (a, b) => rank(a) < rank(b) ? -1 : 1)
}
