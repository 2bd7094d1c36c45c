import type { Stats } from 'node:fs'
import { isObject } from '../../json/exact.js'
import { parseJson } from '../../json/read.js'
import { demandWithin, excessOf, excessOfSize, type DocumentBudget } from '../document-budget.js'
import { isMissing } from '../disk.js'
import { between, look, statOf } from '../fs/look.js'
import type { Metadata } from '../index-entry.js'
import { DamagedScan } from '../damaged-scan.js'
import { outlineOf, type Outline } from '../listing-outline.js'
import { textOf } from '../plain-file.js'

/** The text of a document. @throws OverBudget before it is read, or before anybody parses it */
function documentText (path: string, what: string, { size }: Stats, budget: DocumentBudget): string {
  demandWithin(excessOfSize(size, budget), what)
  const text = textOf(path)
  demandWithin(excessOf(text, budget), what)
  return text
}

/** What a `files.json` says. @throws DamagedScan, OverBudget */
export const outlineAt = ({ path, budget }: { path: string, budget: DocumentBudget }): Outline =>
  outlineOf(listingText(path, budget))

function listingText (path: string, budget: DocumentBudget): string {
  try {
    return documentText(path, 'files.json', statOf(path, 'files.json'), budget)
  } catch (error) {
    // It may go away between the look at it and the reading.
    if (isMissing(error)) throw new DamagedScan('files.json is missing')
    throw error
  }
}

/** A JSON object on the disk: its text, and its value as `parseJson` has it. */
export interface Document { text: string, value: Metadata }

/**
 * Reads a JSON object below a root, as Python writes it, too; undefined if it is not there.
 * @throws DamagedScan if it is there and no object, or behind a link; OverBudget
 */
export function documentIn (root: string, path: string, what: string, budget: DocumentBudget): Document | undefined {
  for (const folder of between(root, path)) {
    const stat = look(folder)
    if (!stat) return undefined
    if (!stat.isDirectory()) throw new DamagedScan(`${what} lies behind something that is no folder`)
  }
  const stat = look(path)
  if (!stat) return undefined
  if (!stat.isFile()) throw new DamagedScan(`${what} is no file`)
  const text = documentText(path, what, stat, budget)
  let value: unknown
  try {
    value = parseJson(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new DamagedScan(`${what} is no valid JSON`)
  }
  if (!isObject(value)) throw new DamagedScan(`${what} is no JSON object`)
  return { text, value }
}

export const NOTHING: Document = { text: '{}', value: {} }
