import { DamagedScan } from './listing.js'

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

interface Measures {
  values: number
  /** Characters that an indentation of four spaces adds to a text without any white space. */
  indentation: number
}

const space = new Set([0x20, 0x09, 0x0a, 0x0d])
const [comma, colon, backslash, openArray, closeArray, openObject, closeObject] = [0x2c, 0x3a, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d]

/** Where a text that begins before `at` ends. */
function endOfText (text: string, at: number, quote: number): number {
  while (at < text.length && text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1
  return at
}

function afterSpace (text: string, at: number): number {
  while (space.has(text.charCodeAt(at))) at++
  return at
}

/**
 * Measures a JSON text without parsing it, in one pass and without memory of its own. What is no JSON gives some number.
 * @param most stops beyond so many values
 * @param quotes what texts stand between
 */
export function measure (text: string, most = Infinity, quotes = '"'): Measures {
  const quoting = new Set([...quotes].map(quote => quote.charCodeAt(0)))
  let values = 1
  let indentation = 0
  let depth = 0
  for (let at = 0; at < text.length && values <= most; at++) {
    const code = text.charCodeAt(at)
    if (quoting.has(code)) at = endOfText(text, at + 1, code)
    else if (code === colon) indentation++
    else if (code === openArray || code === openObject) {
      const next = afterSpace(text, at + 1)
      // Both of an empty one's brackets are passed.
      if (text.charCodeAt(next) === code + 2) at = next
      else {
        values++
        indentation += 1 + 4 * ++depth
      }
    } else if (code === comma) {
      values++
      indentation += 1 + 4 * depth
    } else if (code === closeArray || code === closeObject) indentation += 1 + 4 * --depth
  }
  return { values, indentation }
}

/**
 * In which way a text is over a budget; undefined if it is not. To be asked before the text is parsed.
 * @param quotes what texts stand between in it
 */
export function excessOf (text: string, budget: DocumentBudget, quotes = '"'): string | undefined {
  const { bytes, values, settings } = budget
  if (text.length > bytes || Buffer.byteLength(text) > bytes) return tooManyBytes(budget)
  // Each value takes two characters, together with what stands between it and the next one.
  if (text.length < 2 * values) return undefined
  return measure(text, values, quotes).values > values ? `has more than ${settings}_MAX_VALUES (${values} values)` : undefined
}

/** The same for a document that is not read yet. @param size bytes */
export const excessOfSize = (size: number, budget: DocumentBudget): string | undefined => size > budget.bytes ? tooManyBytes(budget) : undefined

/** @param what is named in the error @throws OverBudget */
export function demandWithin (excess: string | undefined, what: string): void {
  if (excess !== undefined) throw new OverBudget(`${what} ${excess}`)
}
