import { lineOf } from './rewrite.js'
import { endOfValue, skipSpace, walk } from './scan.js'

/** An item of a list: its text, and the spaces before it. */
export interface Item { lead: string, text: string | ListText }

/**
 * Where in a text a list is: from and to where its object goes, and the list between its brackets. `lead` stands
 * before a new item, `close` before the closing bracket.
 */
export interface ListPlace { from: number, start: number, end: number, to: number, lead: string, close: string }

/** Characters that are given out at once. */
const PIECE = 60_000

/**
 * Finds a list in an object.
 * @param at where the object begins
 * @param wanted the name of the list; the last one counts
 * @param visit gets where each item begins, with the spaces before it and without, and where it ends
 * @param unit the spaces of a level; those before the member, if they are not known
 */
export function placeOfList (text: string, at: number, wanted: string, visit: (from: number, value: number, end: number) => void, unit?: string): { place: ListPlace, unit: string } {
  let [before, list, end] = [at, at, at]
  const to = walk(text, at, (value, from, name) => {
    const after = endOfValue(text, value)
    if (name === wanted) [before, list, end] = [from, value, after]
    return after
  })
  const line = lineOf(text.slice(before, skipSpace(text, before)))
  const level = unit ?? line.replace(/^\r?\n/, '')
  let [first, last] = [undefined as string | undefined, list + 1]
  walk(text, list, (value, from) => {
    last = endOfValue(text, value)
    first ??= text.slice(from, value)
    visit(from, value, last)
    return last
  })
  const place = { from: at, start: list + 1, end: end - 1, to, lead: first ?? (line && line + level), close: first === undefined ? line : text.slice(last, end - 1) }
  return { place, unit: level }
}

/** The text of an object with a list, whose items come and go; all else keeps its text. */
export class ListText {
  /** In their order. */
  readonly items = new Set<Item>()
  readonly #unit: string
  readonly #before: string
  readonly #after: string
  readonly #place: ListPlace

  /** @param place of the list, whose items are still to be appended @param unit the spaces of a level */
  constructor (text: string, place: ListPlace, unit: string) {
    this.#unit = unit
    this.#place = place
    this.#before = text.slice(place.from, place.start)
    this.#after = text.slice(place.end, place.to)
  }

  /** Puts an item at the end as it is. */
  append (lead: string, text: string): Item {
    const item: Item = { lead, text }
    this.items.add(item)
    return item
  }

  /** Puts an item at the end, laid out like the others. */
  add (value: unknown): Item & { text: string } {
    const { lead } = this.#place
    const line = lineOf(lead)
    const text = line === '' ? JSON.stringify(value) : JSON.stringify(value, null, this.#unit).replaceAll('\n', line)
    return this.append(lead, text) as Item & { text: string }
  }

  /** The text in pieces of 60 000 characters, more or less; what was longer before comes as it is, since to join it would copy it. */
  * pieces (): Generator<string> {
    yield this.#before
    let piece = ''
    let separator = ''
    for (const { lead, text } of this.items) {
      piece += separator + lead
      separator = ','
      if (typeof text === 'string' && text.length < PIECE) piece += text
      else {
        yield piece
        piece = ''
        if (typeof text === 'string') yield text
        else yield * text.pieces()
      }
      if (piece.length < PIECE) continue
      yield piece
      piece = ''
    }
    yield piece + (this.items.size === 0 ? '' : this.#place.close)
    yield this.#after
  }

  toString (): string {
    return [...this.pieces()].join('')
  }
}
