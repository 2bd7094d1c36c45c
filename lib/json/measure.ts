import { endOfString, isClosing, isOpening, isQuote, skipSpace } from './scan.js'

/** How much a JSON text holds: values of every kind, and levels of objects and lists. */
export interface Measure { values: number, depth: number }

/** Measures a JSON text without making anything of it; of a text that is no JSON it says no less than was there. */
export function measureJson (text: string): Measure {
  let values = 1
  let deepest = 0
  for (let at = 0, depth = 0; at < text.length;) {
    const code = text.charCodeAt(at)
    if (isQuote(code)) {
      at = endOfString(text, at)
      continue
    }
    at++
    if (code === 44) values++
    else if (isClosing(code)) depth--
    else if (isOpening(code)) {
      depth++
      if (depth > deepest) deepest = depth
      if (!isClosing(text.charCodeAt(skipSpace(text, at)))) values++
    }
  }
  return { values, depth: deepest }
}
