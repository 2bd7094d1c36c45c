import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
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

async function inFolder (scan: string, parts: readonly string[]): Promise<Member[]> {
  const entries = await readdir(join(scan, ...parts), { withFileTypes: true })
  const found = await Promise.all(entries.map(async entry => {
    const below = [...parts, entry.name]
    if (entry.isDirectory() && isFolderPlace(below)) return inFolder(scan, below)
    return entry.isFile() && isFilePlace(below) ? [await member(scan, below, false)] : []
  }))
  const members = found.flat()
  return members.length > 0 ? members : [await member(scan, parts, true)]
}

async function member (scan: string, parts: readonly string[], isFolder: boolean): Promise<Member> {
  const { size, mtime } = await lstat(join(scan, ...parts))
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
  const members = await inFolder(scan, [])
  return members.sort((a, b) => rank(a) < rank(b) ? -1 : 1)
}
