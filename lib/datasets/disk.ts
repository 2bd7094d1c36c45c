import { closeSync, constants, fsync, openSync, unlinkSync, write, writeSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { fail, Problem } from '../errors.js'

const { O_RDONLY, O_DIRECTORY } = constants

const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])
const unusable = new Set(['EIO', 'EROFS', 'EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'ESTALE', 'ENODEV', 'ENXIO', 'ETIMEDOUT'])

/** The code of an error of the file system, or ''. */
export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException | undefined)?.code ?? ''

/** Whether an error says that a file or folder is not there (or is no folder). */
export const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(codeOf(error))

/** An error of the file system as one of the catalogue; others as they are. */
export function asProblem (error: unknown): unknown {
  if (error instanceof Problem) return error
  if (full.has(codeOf(error))) return new Problem('storage_full', { cause: error })
  if (unusable.has(codeOf(error))) return new Problem('storage_unavailable', { retryAfter: 5, cause: error })
  return error
}

const flush = promisify(fsync)
const writeSome = promisify(write)

/** The most that is written in the main thread: what the system takes at once. */
const SMALL = 65_536

/**
 * A file or folder that is open for what a write does to it. Names are given and small texts written in the main
 * thread, which takes a tenth of handing them to another one; what waits for the disk, bytes in number and their
 * syncing, is done by others.
 */
export class Opened {
  readonly #descriptor: number
  constructor (path: string, flags: number | 'wx') {
    this.#descriptor = openSync(path, flags, 0o644)
  }

  async write (data: Uint8Array): Promise<void> {
    for (let written = 0; written < data.length;) {
      const rest = written === 0 ? data : data.subarray(written)
      written += rest.length <= SMALL ? writeSync(this.#descriptor, rest) : (await writeSome(this.#descriptor, rest)).bytesWritten
    }
  }

  /** Makes its bytes, or the entries of the folder, survive a crash of the machine. */
  sync (): Promise<void> {
    return flush(this.#descriptor)
  }

  close (): void {
    closeSync(this.#descriptor)
  }
}

async function sync (path: string, flags: number): Promise<void> {
  const opened = new Opened(path, flags)
  try {
    await opened.sync()
  } finally {
    opened.close()
  }
}

/** Makes the entries of a folder survive a crash of the machine. */
export const syncFolder = (folder: string): Promise<void> => sync(folder, O_RDONLY | O_DIRECTORY)

/** Writes a new file and makes its bytes survive a crash; its name does not until its folder is synced. */
export async function writeSynced (path: string, data: string | Uint8Array): Promise<void> {
  const opened = new Opened(path, 'wx')
  try {
    await opened.write(Buffer.from(data))
    await opened.sync()
  } finally {
    opened.close()
  }
}

/** Removes a file or a folder with all that is in it, if it is there. */
export const discard = (path: string): Promise<void> => rm(path, { recursive: true, force: true })

/** Removes a file, if it is there. In the main thread: it takes less than handing it to another. */
export function discardFile (path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

/** Runs work on the file system; its errors become those of the catalogue. */
export async function onDisk<T> (work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw asProblem(error)
  }
}

/** A failure to open something that must be there, as the given error of the catalogue if it is not. */
export const missingAs = (code: Parameters<typeof fail>[0]) => (error: unknown): never => {
  if (isMissing(error) || codeOf(error) === 'ELOOP') return fail(code)
  throw asProblem(error)
}
