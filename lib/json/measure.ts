import { isClosing, isOpening, skipSpace } from './scan.js'

/** How much a JSON text holds. */
export interface Measure {
  /** Objects, lists, texts, numbers, `true`, `false` and `null`, each with those inside it. */
  values: number
  /** Levels of objects and lists. */
  depth: number
  /** Characters that an indentation of four spaces adds to a text without any white space. */
  indentation: number
}

const [BACKSLASH, COMMA, COLON] = [92, 44, 58]

/** Where a text that begins before `at` ends. */
function endOfText (text: string, at: number, quote: number): number {
  while (at < text.length && text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at
}

/**
 * Measures a JSON text in one pass, without making anything of it; of a text that is no JSON it says no less than
 * was there.
 * @param most stops beyond so many values
 * @param quotes what texts stand between: of Python, either quotation mark
 */
export function measureJson (text: string, { most = Infinity, quotes = '"' } = {}): Measure {
  const quoting = new Set([...quotes].map(quote => quote.charCodeAt(0)))
  let [values, deepest, indentation] = [1, 0, 0]
  for (let at = 0, depth = 0; at < text.length && values <= most; at++) {
    const code = text.charCodeAt(at)
    if (quoting.has(code)) at = endOfText(text, at + 1, code)
    else if (code === COLON) indentation++
    else if (code === COMMA) {
      values++
      indentation += 1 + 4 * depth
    } else if (isOpening(code)) {
      deepest = Math.max(deepest, ++depth)
      const next = skipSpace(text, at + 1)
      // Both brackets of an empty one are passed.
      if (isClosing(text.charCodeAt(next))) {
        depth--
        at = next
      } else {
        values++
        indentation += 1 + 4 * depth
      }
    } else if (isClosing(code)) indentation += 1 + 4 * --depth
  }
  return { values, depth: deepest, indentation }
}
