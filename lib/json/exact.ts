import { checkJson, DEEPEST } from './read.js'
import { endOfValue, skipSpace, walk } from './scan.js'

/** A value that is kept as the text it was written as (as `JSON.rawJSON` makes them in later versions of the language). */
export class RawJson {
  readonly text: string
  constructor (text: string) { this.text = text }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RawJson)

/** What a scalar says; a number that would be written in another way is kept as it is. */
export function scalarIn (text: string): unknown {
  if (/^["tfn]/.test(text)) return JSON.parse(text)
  const number = Number(text)
  return Number.isFinite(number) && String(number) === text ? number : new RawJson(text)
}

function valueAt (text: string, at: number, depth: number, take: (value: unknown) => void): number {
  const first = text.charAt(at)
  if (first === '{' && depth < DEEPEST) {
    const members: Array<[string, unknown]> = []
    const end = walk(text, at, (value, _from, name) => valueAt(text, value, depth + 1, member => { members.push([name, member]) }))
    take(Object.fromEntries(members))
    return end
  }
  if (first === '[' && depth < DEEPEST) {
    const items: unknown[] = []
    const end = walk(text, at, value => valueAt(text, value, depth + 1, item => { items.push(item) }))
    take(items)
    return end
  }
  const end = endOfValue(text, at)
  take(/[[{]/.test(first) ? new RawJson(text.slice(at, end)) : scalarIn(text.slice(at, end)))
  return end
}

/** Texts without any of these hold no number that a double does not give back as it was. */
const mayLose = /\d[.eE]|\d{16}|-0|NaN|Infinity/

/**
 * The value of a JSON text, or of what Python writes, from which it can be written again: numbers that a double
 * does not give back as they were, `NaN`, `Infinity` and what lies more than 100 levels deep are `RawJson`.
 * @throws SyntaxError
 */
export function parseExact (text: string): unknown {
  checkJson(text)
  let exact: unknown
  valueAt(text, skipSpace(text, 0), 0, value => { exact = value })
  return exact
}

/** Whether `parseExact` could say more of a text than `JSON.parse` does. */
export const needsExact = (text: string): boolean => mayLose.test(text)

/**
 * Writes a value in which there may be `RawJson`, else as `JSON.stringify` does.
 * @param indent spaces for each level; without, all is on one line
 */
export function stringify (value: unknown, indent = ''): string {
  const write = (value: unknown, lead: string): string => {
    const inner = indent === '' ? '' : lead + indent
    const around = (open: string, parts: string[], close: string): string =>
      parts.length === 0 ? open + close : open + parts.map(part => inner + part).join(',') + (indent === '' ? '' : lead) + close
    if (value instanceof RawJson) return value.text
    if (Array.isArray(value)) return around('[', value.map(item => write(item, inner)), ']')
    if (!isObject(value)) return JSON.stringify(value) ?? 'null'
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
    return around('{', members.map(([name, member]) => `${JSON.stringify(name)}:${indent === '' ? '' : ' '}${write(member, inner)}`), '}')
  }
  return write(value, '\n')
}
