import { isObject } from '../json/exact.js'
import { ListText, type Item } from '../json/list-text.js'

/** Entries of a file are the same by id and name; what else they say does not matter. */
const keyOf = (raw: unknown): string => isObject(raw) ? JSON.stringify([raw.id, raw.file]) : ''

/** Takes the items of a list away that stood in these places when it was read. */
export function dropItems ({ items }: ListText, places: ReadonlySet<number>): void {
  for (const [at, item] of [...items].entries()) if (places.has(at)) items.delete(item)
}

/** The text of a fileset in `files.json`, whose files come and go. */
export class FilesetText {
  readonly list: ListText
  /** What the items say, in their order, until somebody looks for one. */
  #raw: unknown[]
  #entries: Map<string, Item[]> | undefined

  /** @param item that of the fileset, which takes over whatever is changed @param raw what the items of its list of files say */
  constructor (item: Item, unit: string, raw: readonly unknown[]) {
    this.list = new ListText(String(item.text), 'files', unit)
    item.text = this.list
    this.#raw = [...raw]
  }

  add (raw: { file: string, id: string }): void {
    const item = this.list.add(raw)
    if (this.#entries) this.#note(this.#entries, raw, item)
    else this.#raw.push(raw)
  }

  /** Takes away every entry of a file. */
  remove (raw: { file: string | undefined, id: string }): void {
    this.#entries ??= this.#lookedUp()
    for (const item of this.#entries.get(keyOf(raw)) ?? []) this.list.items.delete(item)
    this.#entries.delete(keyOf(raw))
  }

  #lookedUp (): Map<string, Item[]> {
    const entries = new Map<string, Item[]>()
    for (const [at, item] of [...this.list.items].entries()) this.#note(entries, this.#raw[at], item)
    this.#raw = []
    return entries
  }

  #note (entries: Map<string, Item[]>, raw: unknown, item: Item): void {
    entries.set(keyOf(raw), [...entries.get(keyOf(raw)) ?? [], item])
  }
}
