import { mkdir, rmdir, stat } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { dirname, join, resolve } from 'node:path'

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

const failure = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code, path })

/** @throws ENOTDIR if something else is there, or what the system says of the path */
async function isFolder (path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
  throw failure('ENOTDIR', path)
}

/**
 * Makes a folder and those above it that are missing, one after the other. Node's own recursive `mkdir` tries for
 * ever where a folder cannot be made in one that is there, as in `/proc`.
 * @param mode of each folder that is made
 * @throws Error of the file system, with `code` and the `path` that could not be made
 */
export async function makeFolder (path: string, mode = 0o755): Promise<void> {
  const whole = resolve(path)
  if (await isFolder(whole)) return
  await makeFolder(dirname(whole), mode)
  await mkdir(whole, { mode }).catch((error: unknown) => { if (codeOf(error) !== 'EEXIST') throw error })
  // What is there may be a link that leads nowhere.
  if (!await isFolder(whole)) throw failure('ENOENT', whole)
}

/** Makes a folder, and sees that something can be made in it. @throws as `makeFolder` */
export async function makeWritable (path: string, mode: number): Promise<void> {
  await makeFolder(path, mode)
  const probe = join(path, `.guardcell-probe-${randomBytes(6).toString('hex')}`)
  await mkdir(probe)
  await rmdir(probe)
}
