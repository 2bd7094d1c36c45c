import { lstatSync, type Stats } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { DamagedScan } from '../damaged-scan.js'

/** What a path is, without following a link; undefined if there is nothing. */
export const look = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false })

/** Bytes of a file; 0 for what is none. */
export const sizeOf = (path: string): number => {
  const stat = look(path)
  return stat?.isFile() === true ? stat.size : 0
}

/** What a path is that must be a file. @param what is named in the error @throws DamagedScan */
export const statOf = (path: string, what: string): Stats => {
  const stat = look(path)
  if (!stat) throw new DamagedScan(`${what} is missing`)
  if (!stat.isFile()) throw new DamagedScan(`${what} is no file`)
  return stat
}

/** The folders on the way from a root to a path, without both. */
export const between = (root: string, path: string): string[] => {
  const parts = relative(root, path).split(sep).slice(0, -1)
  return parts.map((_part, i) => join(root, ...parts.slice(0, i + 1)))
}

/** Whether every folder on the way to a path is there, and none is a link that could lead elsewhere. */
export const isInside = (root: string, path: string): boolean => between(root, path).every(folder => look(folder)?.isDirectory())
