import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseJson } from '../json/read.js'

/** A file of PlantDB's that cannot be used; the message says why, and names it without its folder. */
export class UnusableFile extends Error {}

/** Members of an object out of a file; what is no object has none. */
export const membersOf = (value: unknown): Record<string, unknown> =>
  isObject(value) ? value : {}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Something out of a file so that it fits on one line and cannot steer a terminal. */
export const shown = (value: unknown): string =>
  (JSON.stringify(value) ?? 'nothing').slice(0, 80).replace(/[^\x20-\x7e]/g, '?')

/** @throws UnusableFile */
export async function readJson (folder: string, file: string): Promise<unknown> {
  const text = await readFile(join(folder, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UnusableFile(error.code === 'ENOENT' ? `There is no ${file} in the folder.` : `${file} cannot be read (${error.code}).`)
  })
  try {
    return parseJson(text)
  } catch {
    throw new UnusableFile(`${file} is not valid JSON.`)
  }
}

/** A time as PlantDB writes it: ISO 8601, without a zone, read as UTC. @returns milliseconds since the epoch */
export function timeOf (value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value)) return undefined
  const time = Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(value) ? value : `${value}Z`)
  return Number.isNaN(time) ? undefined : time
}
