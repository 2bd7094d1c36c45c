const QUOTE = 34
const BACKSLASH = 92
const COMMA = 44
const OPEN_LIST = 91
const OPEN_OBJECT = 123
/** What some editors begin a text with (RFC 8259 section 8.1). */
const BYTE_ORDER_MARK = 0xfeff

export const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9 || code === BYTE_ORDER_MARK
export const isQuote = (code: number): boolean => code === QUOTE
export const isOpening = (code: number): boolean => code === OPEN_OBJECT || code === OPEN_LIST
export const isClosing = (code: number): boolean => code === 125 || code === 93

/** Where the next sign is that is no space. */
export function skipSpace (text: string, at: number): number {
  let next = at
  while (isSpace(text.charCodeAt(next))) next++
  return next
}

/** Where the string ends whose quotation mark is at `at`: after the other one. */
export function endOfString (text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = end
    while (text.charCodeAt(slashes - 1) === BACKSLASH) slashes--
    if ((end - slashes) % 2 === 0) return end + 1
  }
  return text.length
}

/** Where the value ends that begins at `at`, in a text that is known to be JSON. Takes no stack, however deep it is. */
export function endOfValue (text: string, at: number): number {
  let depth = 0
  for (let next = at; next < text.length;) {
    const code = text.charCodeAt(next)
    if (depth === 0 && (code === COMMA || isClosing(code) || isSpace(code))) return next
    if (isOpening(code)) depth++
    else if (isClosing(code)) depth--
    next = isQuote(code) ? endOfString(text, next) : next + 1
    if (depth === 0 && (isClosing(code) || isQuote(code))) return next
  }
  return text.length
}

const nameIn = (text: string): string => text.includes('\\') ? JSON.parse(text) as string : text.slice(1, -1)

/**
 * Goes through the members of an object or the items of a list, in a text that is known to be JSON.
 * @param at where it begins
 * @param visit gets where the value begins, where its part of the text does (after the bracket or comma before it), and its name ('' in a list); tells where the value ends
 * @returns where it ends
 */
export function walk (text: string, at: number, visit: (value: number, from: number, name: string) => number): number {
  const isObject = text.charCodeAt(at) === OPEN_OBJECT
  for (let from = at + 1; ;) {
    let next = skipSpace(text, from)
    let name = ''
    if (isClosing(text.charCodeAt(next))) return next + 1
    if (isObject) {
      const end = endOfString(text, next)
      name = nameIn(text.slice(next, end))
      next = skipSpace(text, skipSpace(text, end) + 1)
    }
    next = skipSpace(text, visit(next, from, name))
    if (text.charCodeAt(next) !== COMMA) return next + 1
    from = next + 1
  }
}

/** The text of the member of an object that has that name; of several the last one counts. */
export function memberIn (text: string, wanted: string): string | undefined {
  let found: string | undefined
  walk(text, skipSpace(text, 0), (value, _from, name) => {
    const end = endOfValue(text, value)
    if (name === wanted) found = text.slice(value, end)
    return end
  })
  return found
}
