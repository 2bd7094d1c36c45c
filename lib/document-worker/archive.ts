import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkListing } from '../datasets/archive/listing.js'
import { invalid, tooLarge } from '../datasets/archive/refuse.js'
import { excessOf, type DocumentBudget } from '../datasets/document-budget.js'
import { parseJson } from '../json/read.js'

/** A document of an archive, at a path of the folder that it was unpacked into. */
interface Unpacked { target: string, path: string, budget: DocumentBudget }

/** @throws `archive_invalid`, `archive_too_large` */
function objectIn ({ target, path, budget }: Unpacked): object {
  const text = readFileSync(join(target, path), 'utf8')
  const excess = excessOf(text, budget)
  if (excess !== undefined) return tooLarge(path, excess)
  try {
    const value = parseJson(text)
    if (value instanceof Object && !Array.isArray(value)) return value
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return invalid(path, 'is no JSON')
  }
  return invalid(path, 'is no JSON object')
}

/** Makes sure that a document is a JSON object within its budget. @throws as above */
export const checkObject = (unpacked: Unpacked): void => { objectIn(unpacked) }

/** Checks `files.json`. @property files the paths of all files @returns the ids of the filesets @throws as above */
export const checkPaths = ({ files, ...unpacked }: Unpacked & { files: string }): string[] => checkListing(objectIn(unpacked), new Set(files.split('\n')))
