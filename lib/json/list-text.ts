import { lineOf } from './rewrite.js'
import { endOfValue, skipSpace, walk } from './scan.js'

/** An item of a list: its text, and the spaces before it. */
export interface Item { lead: string, text: string | ListText }

interface Place { before: number, value: number, end: number }

/** Where the last member of a name is. */
function find (text: string, wanted: string): Place | undefined {
  let found: Place | undefined
  walk(text, skipSpace(text, 0), (value, before, name) => {
    const end = endOfValue(text, value)
    if (name === wanted) found = { before, value, end }
    return end
  })
  return found
}

/** The text of an object with a list, whose items come and go; all else keeps its text. */
export class ListText {
  /** In their order. */
  readonly items = new Set<Item>()
  readonly unit: string
  readonly #before: string
  readonly #after: string
  readonly #close: string
  readonly #lead: string

  /**
   * @param text a JSON object that has the list
   * @param member the name of the list
   * @param unit the spaces of a level; those before the member, if they are not known
   */
  constructor (text: string, member: string, unit?: string) {
    const { before, value, end } = find(text, member)!
    const line = lineOf(text.slice(before, skipSpace(text, before)))
    this.unit = unit ?? line.replace(/^\r?\n/, '')
    this.#before = text.slice(0, value + 1)
    this.#after = text.slice(end - 1)
    let last = value + 1
    walk(text, value, (item, from) => {
      last = endOfValue(text, item)
      this.items.add({ lead: text.slice(from, item), text: text.slice(item, last) })
      return last
    })
    const [first] = this.items
    this.#lead = first?.lead ?? (line && line + this.unit)
    this.#close = first ? text.slice(last, end - 1) : line
  }

  /** Puts an item at the end, laid out like the others. */
  add (value: unknown): Item {
    const line = lineOf(this.#lead)
    const text = line === '' ? JSON.stringify(value) : JSON.stringify(value, null, this.unit).replaceAll('\n', line)
    const item: Item = { lead: this.#lead, text }
    this.items.add(item)
    return item
  }

  toString (): string {
    const { items } = this
    if (items.size === 0) return this.#before + this.#after
    return this.#before + Array.from(items, ({ lead, text }) => lead + String(text)).join(',') + this.#close + this.#after
  }
}
