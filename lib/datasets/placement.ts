import { linkSync, renameSync, unlinkSync } from 'node:fs'
import { mkdir, rename, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fail } from '../errors.js'
import { codeOf, discard, discardFile, isMissing, syncFolder } from './disk.js'
import { isInside, look } from './fs/look.js'

/**
 * A finished temporary file that gets a name in a scan. It keeps its temporary name as well, so that a write
 * that has to be repeated finds it.
 */
export interface Placement {
  temporary: string
  path: string
  /** Whether what has the name goes away. Else a file that no listing has is taken for the rest of a crash. */
  replaces: boolean
}

/** Something that goes away once no listing has it; a file that got the name meanwhile stays. */
export interface Removal { path: string, inode: number }

/** What a path below the root is now, as something to remove; nothing if there is nothing, or only behind a link. */
export const removalOf = (root: string, path: string): Removal[] => {
  const inode = isInside(root, path) ? look(path)?.ino : undefined
  return inode === undefined ? [] : [{ path, inode }]
}

/** Whether a path is another name of a temporary file. */
export const isSameFile = (temporary: string, path: string): boolean => {
  const inode = look(temporary)?.ino
  return inode !== undefined && inode === look(path)?.ino
}

/**
 * Makes a folder if it is missing. A link to one is none: it could lead anywhere.
 * @returns whether it was missing
 */
async function ensureFolder (root: string, path: string): Promise<boolean> {
  const isNew = isInside(root, path) && look(path) === undefined
  if (isNew) {
    await mkdir(path).catch(error => { if (codeOf(error) !== 'EEXIST') throw error })
    await syncFolder(dirname(path))
  }
  if (!isInside(root, join(path, 'x'))) return fail('storage_unavailable', { cause: new Error('something that is no folder lies in the way') })
  return isNew
}

/** Makes those of some folders that are missing. @returns them */
export async function ensureFolders (root: string, paths: readonly string[]): Promise<string[]> {
  const made: string[] = []
  for (const path of paths) if (await ensureFolder(root, path)) made.push(path)
  return made
}

/** Gives a file one more name. @returns false if something has it already */
function linkOnce (path: string, name: string): boolean {
  try {
    linkSync(path, name)
    return true
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    return false
  }
}

/**
 * Names are given in the main thread: one takes a tenth of what handing it to another thread does.
 * @param check throws if somebody else may be writing
 */
async function give ({ temporary, path, replaces }: Placement, check: () => Promise<void>): Promise<void> {
  if (isSameFile(temporary, path)) return
  if (look(path)?.isDirectory()) return fail('file_exists')
  if (!replaces) {
    if (linkOnce(temporary, path)) return
    await check()
  }
  if (look(path)?.isFile()) linkOnce(path, formerOf(temporary))
  const second = `${temporary}.2`
  linkOnce(temporary, second)
  renameSync(second, path)
}

/** Where the file lies that a placement has replaced, until the write is done. */
const formerOf = (temporary: string): string => `${temporary}.former`

/** Lets go of what was replaced. */
export function forgetFormer (placements: readonly Placement[]): void {
  for (const { temporary, replaces } of placements) if (replaces) discardFile(formerOf(temporary))
}

/** Gives files their names, one after the other, and makes the names survive a crash of the machine. */
export async function putInPlace (root: string, placements: readonly Placement[], check: () => Promise<void>): Promise<void> {
  for (const folder of new Set(placements.map(({ path }) => dirname(path)))) await ensureFolder(root, folder)
  for (const placement of placements) await give(placement, check)
  await Promise.all([...new Set(placements.map(({ path }) => dirname(path)))].map(syncFolder))
}

/** Takes new names and folders back after a write that failed, and puts what was replaced in its place again. */
export async function takeBack (placements: readonly Placement[], folders: readonly string[]): Promise<void> {
  for (const { temporary, path } of placements) {
    if (!isSameFile(temporary, path)) continue
    if (look(formerOf(temporary))) renameSync(formerOf(temporary), path)
    else unlinkSync(path)
  }
  // One that somebody else uses by now is not empty.
  for (const folder of folders) await rmdir(folder).catch(() => {})
}

/**
 * Takes files and folders away that no listing has any more.
 * @param trash a new path for each, from which the rest goes on in the background
 */
export async function removeAll (removals: readonly Removal[], trash: () => string): Promise<void> {
  for (const { path, inode } of removals) {
    if (look(path)?.ino !== inode) continue
    const away = trash()
    await rename(path, away).catch(error => { if (!isMissing(error)) throw error })
    // What cannot be removed now is swept when this replica is gone.
    discard(away).catch(() => {})
  }
}
