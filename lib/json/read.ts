import { measureJson } from './measure.js'
import { endOfString, endOfValue, isClosing, isOpening, isQuote, isSpace } from './scan.js'

/** Levels that are read of a document. Code that follows a value from level to level, here or in a client, runs out of stack somewhere. */
export const DEEPEST = 100

/** Python's words for numbers that JSON has not (`json.dumps` with its defaults). */
const words = /"|-?Infinity|NaN/g

/** A text with `null` for `NaN`, `Infinity` and `-Infinity`; whether the rest of it is JSON is another question. */
export function withoutWords (text: string): string {
  let kept = ''
  let from = 0
  words.lastIndex = 0
  for (let found = words.exec(text); found; found = words.exec(text)) {
    if (found[0] === '"') words.lastIndex = endOfString(text, found.index)
    else {
      kept += `${text.slice(from, found.index)}null`
      from = words.lastIndex
    }
  }
  return kept + text.slice(from)
}

/** The value of a text as JSON or as Python writes it, however deep. @throws SyntaxError */
function parseWhole (text: string): unknown {
  const bare = text.startsWith('\ufeff') ? text.slice(1) : text
  try {
    return JSON.parse(bare)
  } catch (error) {
    const strict = withoutWords(bare)
    if (strict === bare) throw error
    return JSON.parse(strict)
  }
}

/** @throws SyntaxError if a text is JSON neither as the standard has it nor as Python writes it */
export const checkJson = (text: string): void => { parseWhole(text) }

export const isDeep = (text: string): boolean => measureJson(text).depth > DEEPEST

/**
 * A document for clients that know JSON as RFC 8259 has it: `null` for numbers that JSON has not and for what lies
 * more than 100 levels deep, no spaces; all else as it was written, digits and escapes, too.
 * @param text is known to be JSON, or what Python writes
 */
export function strictJson (text: string): string {
  let strict = ''
  let from = 0
  let depth = 0
  const put = (until: number, instead: string, next: number): number => {
    strict += text.slice(from, until) + instead
    from = next
    return next
  }
  for (let at = 0; at < text.length;) {
    const code = text.charCodeAt(at)
    if (isQuote(code)) at = endOfString(text, at)
    else if (isSpace(code)) at = put(at, '', at + 1)
    else if (isOpening(code) && depth === DEEPEST) at = put(at, 'null', endOfValue(text, at))
    // Outside of strings these begin nothing but NaN, Infinity and -Infinity.
    else if (code === 78 || code === 73 || (code === 45 && text.charCodeAt(at + 1) === 73)) at = put(at, 'null', endOfValue(text, at))
    else {
      if (isOpening(code)) depth++
      else if (isClosing(code)) depth--
      at++
    }
  }
  return strict + text.slice(from)
}

/**
 * The value of a document that anybody may have written, as `strictJson` has it. Numbers are doubles, of members
 * of the same name the last one counts.
 * @throws SyntaxError if it is no JSON, nor what Python writes
 */
export function parseJson (text: string): unknown {
  const value = parseWhole(text)
  return isDeep(text) ? JSON.parse(strictJson(text)) : value
}
