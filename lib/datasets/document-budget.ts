import { measureJson } from '../json/measure.js'
import { DamagedScan } from './damaged-scan.js'

/** How large a JSON document may be. */
export interface DocumentBudget {
  /** UTF-8, as it is sent and stored. */
  bytes: number
  /** Objects, arrays, texts, numbers, `true`, `false` and `null`, each with those inside it. */
  values: number
  /** What the settings of the two begin with. */
  settings: 'METADATA' | 'FILES_JSON'
}

export interface DocumentBudgets { metadata: DocumentBudget, listing: DocumentBudget }

/** A document on the disk that is over its budget; nothing of it is read, and nothing else suffers. */
export class OverBudget extends DamagedScan {}

const tooManyBytes = ({ settings, bytes }: DocumentBudget): string => `has more than ${settings}_MAX_BYTES (${bytes} bytes)`

const tooManyValues = ({ settings, values }: DocumentBudget): string => `has more than ${settings}_MAX_VALUES (${values} values)`

/**
 * In which way a text is over a budget; undefined if it is not. To be asked before the text is parsed.
 * @param quotes what texts stand between in it
 */
export function excessOf (text: string, budget: DocumentBudget, quotes = '"'): string | undefined {
  const { bytes, values } = budget
  if (text.length > bytes || Buffer.byteLength(text) > bytes) return tooManyBytes(budget)
  // Each value takes two characters, together with what stands between it and the next one.
  if (text.length < 2 * values) return undefined
  return measureJson(text, { most: values, quotes }).values > values ? tooManyValues(budget) : undefined
}

/** The same for a document whose measures are known. */
export const excessOfCounts = (bytes: number, values: number, budget: DocumentBudget): string | undefined =>
  bytes > budget.bytes ? tooManyBytes(budget) : values > budget.values ? tooManyValues(budget) : undefined

/** The same for a document that is not read yet. @param size bytes */
export const excessOfSize = (size: number, budget: DocumentBudget): string | undefined => size > budget.bytes ? tooManyBytes(budget) : undefined

/** @param what is named in the error @throws OverBudget */
export function demandWithin (excess: string | undefined, what: string): void {
  if (excess !== undefined) throw new OverBudget(`${what} ${excess}`)
}
