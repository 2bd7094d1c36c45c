import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config/schema.js'
import { OWN_FOLDER } from '../datasets/layout.js'
import { makeWritable } from './make-folder.js'

/** A folder that the service cannot do without. */
export interface Folder {
  /** The variable that says where it is. */
  setting: string
  path: string
  /** Of what is made. */
  mode: number
  /** The folder in it that is written to, if not the folder itself. */
  writes?: string
}

/** How long a folder may take to answer, in milliseconds. */
const ANSWER_MS = 4_000

/** The folders that a configuration needs, those that others may lie in first. */
export function foldersOf ({ STATE_DIR, DATA_DIR, JWT_SECRET_KEY, MAIL_URL, NODE_ENV }: Config): Folder[] {
  const keepsState = JWT_SECRET_KEY === undefined || (MAIL_URL === undefined && NODE_ENV !== 'production')
  return [
    ...keepsState ? [{ setting: 'STATE_DIR', path: STATE_DIR, mode: 0o700 }] : [],
    { setting: DATA_DIR === undefined ? 'STATE_DIR' : 'DATA_DIR', path: DATA_DIR ?? join(STATE_DIR, 'datasets'), mode: 0o755, writes: OWN_FOLDER }
  ]
}

const isBelow = (path: string, folder: string): boolean => {
  const way = relative(resolve(folder), resolve(path))
  return !way.startsWith('..') && !isAbsolute(way)
}

function sentence ({ setting, path: wanted }: Folder, error: unknown): string {
  const path = resolve(wanted)
  const { code, path: failed = path, message } = error as NodeJS.ErrnoException
  const where = failed === path || !isBelow(path, failed) ? '' : ` at ${failed}`
  const reason = code === 'ENOENT' ? `ENOENT: no folder can be made in ${dirname(failed)}` : `${code ?? message}${where}`
  return `${setting}: the folder ${path} cannot be made or written (${reason})`
}

async function faultOf (folder: Folder, within: number): Promise<string | undefined> {
  const late = new AbortController()
  try {
    return await Promise.race([
      makeWritable(join(folder.path, folder.writes ?? ''), folder.mode).then(() => undefined),
      sleep(within, `${folder.setting}: the folder ${resolve(folder.path)} has not answered within ${within / 1000} s; is what is mounted there away?`, { signal: late.signal })
    ])
  } catch (error) {
    return sentence(folder, error)
  } finally {
    late.abort()
  }
}

/**
 * Makes folders where they are missing, and sees whether they can be written to. A call of the file system that
 * never returns keeps one of Node's threads, and by that the process from ending: see `checkFolders`.
 * @param within how long each of them may take to answer, in milliseconds
 * @returns a sentence for each that cannot be used; of one that lies in another such only that of the other
 */
export async function faultsOfFolders (folders: readonly Folder[], within = ANSWER_MS): Promise<string[]> {
  const faults: Array<Promise<string | undefined>> = []
  for (const [i, folder] of folders.entries()) {
    const outer = folders.findIndex(({ path }, other) => other < i && isBelow(folder.path, path))
    const before = faults[outer] ?? Promise.resolve(undefined)
    faults.push(before.then(fault => fault === undefined ? faultOf(folder, within) : undefined))
  }
  return (await Promise.all(faults)).filter(fault => fault !== undefined)
}
