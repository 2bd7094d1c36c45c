import { closeSync, constants, openSync, readFileSync, type Stats } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { fail } from '../errors.js'
import { isMissing } from './disk.js'

// Without O_NONBLOCK opening a named pipe waits for its writer.
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * Opens a regular file that is no symbolic link; who calls closes it.
 * @throws `file_not_found` for what is no regular file, and the errors of the file system as they are
 */
export async function openPlain (path: string): Promise<{ handle: FileHandle, stats: Stats }> {
  const handle = await open(path, FLAGS)
  const stats = await handle.stat()
  if (stats.isFile()) return { handle, stats }
  await handle.close()
  return fail('file_not_found')
}

/** Works on a regular file that is no symbolic link, and closes it. Throws as `openPlain` does. */
export async function withPlainFile<T> (path: string, work: (handle: FileHandle, stats: Stats) => Promise<T>): Promise<T> {
  const { handle, stats } = await openPlain(path)
  try {
    return await work(handle, stats)
  } finally {
    await handle.close()
  }
}

/** The text of a file that is no symbolic link, or undefined if it is not there. */
export async function readPlain (path: string): Promise<string | undefined> {
  try {
    return await withPlainFile(path, handle => handle.readFile('utf8'))
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** The text of a file that is no symbolic link, read in the main thread. */
export function textOf (path: string): string {
  const descriptor = openSync(path, FLAGS)
  try {
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}
