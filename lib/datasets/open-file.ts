import type { Stats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { fail } from '../errors.js'
import type { Validators } from '../http/preconditions.js'
import { missingAs } from './disk.js'
import type { Layout } from './layout.js'
import { openPlain } from './plain-file.js'
import { look } from './fs/look.js'

/** A file that is open for reading. Times are milliseconds since the epoch; who takes it closes it. */
export interface OpenFile { handle: FileHandle, path: string, bytes: number, modified: number, etag: string }

/** What tells versions of a file apart. */
const fileValidators = ({ ino, size, mtimeMs }: Pick<Stats, 'ino' | 'size' | 'mtimeMs'>): { etag: string, modified: number } =>
  ({ etag: `"${ino.toString(36)}-${size.toString(36)}-${mtimeMs.toString(36)}"`, modified: mtimeMs })

/** The same by its path; undefined if there is no file. */
export function validatorsAt (path: string): Validators | undefined {
  const stats = look(path)
  return stats?.isFile() ? fileValidators(stats) : undefined
}

/** Whether a path is a folder and no link to one. */
export const isFolder = (path: string): boolean => look(path)?.isDirectory() === true

/**
 * Opens the content of a file, never through a link that leads elsewhere.
 * @throws `file_not_found`
 */
export async function openFile (layout: Layout, scan: string, fileset: string, name: string): Promise<OpenFile> {
  if (!isFolder(layout.scan(scan)) || !isFolder(layout.fileset(scan, fileset))) return fail('file_not_found')
  return await opened(layout.content(scan, fileset, name))
}

/** The same by a path whose folders are known to be none of them links. @throws `file_not_found` */
export async function opened (path: string): Promise<OpenFile> {
  const { handle, stats } = await openPlain(path).catch(missingAs('file_not_found'))
  return { handle, path, bytes: stats.size, ...fileValidators(stats) }
}
