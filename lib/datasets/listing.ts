import { ListText, placeOfList, type Item, type ListPlace } from '../json/list-text.js'
import { measureJson } from '../json/measure.js'
import { outlineOf, twinOf, type Outline, type Row, type Span } from './listing-outline.js'
import { pace } from './pace.js'

export { DamagedScan } from './damaged-scan.js'

export interface ListedFile { id: string, name: string }
/** A fileset as files.json lists it: what can be used of it, by id. */
export interface ListedFileset { id: string, files: Map<string, ListedFile> }

/** Something in the folder that cannot be used, and why; `path` is relative to the folder of the data sets. */
export interface Fault { path: string, reason: string, /** Whether it is there all the same, and only not read. */ isThere?: true }

/** An item of a list of files that was read: the id of its file, or, of what cannot be used, the entry that it is (`twinOf`). */
interface Entry { span: Span, file?: string, twin?: string | undefined }

/**
 * A fileset with the names of its files, beside `files`, which has their ids, and what it counts. `entries` are the items of its list until
 * the first change, `texts` and `list` those and their text from then on.
 */
interface Known extends ListedFileset { names: Set<string>, values: number, place: ListPlace | undefined, entries: Entry[], item: Item, list?: ListText, texts?: Map<string, Item[]> }

/**
 * `files.json` of a scan: which filesets it has and which files they have. What cannot be used is passed
 * over, and keeps its text as all else does, whatever is changed beside it. What takes long with many files lets
 * other work through meanwhile; one change is made after the other.
 */
export class Listing {
  readonly faults: string[] = []
  /** Objects, lists, texts, ... in it. */
  values: number
  readonly #outline: Omit<Outline, 'rows'>
  readonly #filesets = new Map<string, Known>()
  readonly #faulty: Item[] = []
  readonly #list: ListText

  private constructor ({ rows: _rows, ...outline }: Outline) {
    this.#outline = outline
    this.values = outline.values
    this.#list = new ListText(outline.text, outline.place, outline.unit)
  }

  static async open (outline: Outline): Promise<Listing> {
    const listing = new Listing(outline)
    let last: Known | undefined
    for (const rows of outline.rows) {
      for (const row of JSON.parse(rows) as Row[]) last = listing.#take(row, last)
      await pace()
    }
    return listing
  }

  /** @throws DamagedScan */
  static of (text: string): Promise<Listing> {
    return Listing.open(outlineOf(text))
  }

  get filesets (): ReadonlyMap<string, ListedFileset> { return this.#filesets }

  /** Whether a file of the fileset is called so. */
  hasName (fileset: string, name: string): boolean {
    return this.#filesets.get(fileset)?.names.has(name) ?? false
  }

  addFileset (id: string): void {
    const item = this.#list.add({ files: [], id })
    const { values } = measureJson(item.text)
    this.values += values
    this.#filesets.set(id, { id, files: new Map(), names: new Set(), values, place: undefined, entries: [], item })
  }

  removeFileset (id: string): void {
    const known = this.#filesets.get(id)
    if (!known) return
    this.#list.items.delete(known.item)
    this.values -= known.values
    this.#filesets.delete(id)
  }

  async addFile (fileset: string, file: ListedFile): Promise<void> {
    const known = this.#filesets.get(fileset)!
    const { list, texts } = await this.#textOf(known)
    const item = list.add({ file: file.name, id: file.id })
    const twin = twinOf(file.id, file.name)
    texts.set(twin, [...texts.get(twin) ?? [], item])
    this.#count(known, measureJson(item.text).values)
    known.files.set(file.id, file)
    known.names.add(file.name)
  }

  /** Takes away every entry of a file. */
  async removeFile (fileset: string, id: string): Promise<void> {
    const known = this.#filesets.get(fileset)!
    const name = known.files.get(id)?.name
    const { list, texts } = await this.#textOf(known)
    for (const item of texts.get(twinOf(id, name)) ?? []) {
      list.items.delete(item)
      this.#count(known, -measureJson(String(item.text)).values)
    }
    texts.delete(twinOf(id, name))
    known.files.delete(id)
    if (name !== undefined) known.names.delete(name)
  }

  #count (known: Known, values: number): void {
    known.values += values
    this.values += values
  }

  /** The same without what cannot be used. To be called before anything is changed. */
  async withoutFaults (): Promise<Listing> {
    const clean = await Listing.of(this.#outline.text)
    for (const item of clean.#faulty) clean.#list.items.delete(item)
    for (const known of clean.#filesets.values()) {
      const faulty = new Set([...known.entries.entries()].filter(([, { file }]) => file === undefined).map(([at]) => at))
      const { list } = await clean.#textOf(known)
      for (const [at, item] of [...list.items].entries()) if (faulty.has(at)) list.items.delete(item)
    }
    return await Listing.of(String(clean))
  }

  /** The text in pieces; what is new as PlantDB writes it: sorted keys, four spaces. */
  * pieces (): Generator<string> {
    const { text, place } = this.#outline
    yield text.slice(0, place.from)
    yield * this.#list.pieces()
    yield text.slice(place.to)
  }

  toString (): string {
    return [...this.pieces()].join('')
  }

  /** The text of the list of files, as something that can be changed. */
  async #textOf (known: Known): Promise<{ list: ListText, texts: Map<string, Item[]> }> {
    const { list, texts, entries, item } = known
    if (list && texts) return { list, texts }
    // One that was added in this version is a text of its own.
    const text = known.place ? this.#outline.text : String(item.text)
    const made = { list: new ListText(text, known.place ?? placeOfList(text, 0, 'files', () => {}, this.#outline.unit).place, this.#outline.unit), texts: new Map<string, Item[]>() }
    for (const [at, { span: [from, value, end], file, twin }] of entries.entries()) {
      const entry = made.list.append(text.slice(from, value), text.slice(value, end))
      const key = file === undefined ? twin : twinOf(file, known.files.get(file)?.name)
      if (key !== undefined) made.texts.set(key, [...made.texts.get(key) ?? [], entry])
      if (at % 500 === 0) await pace()
    }
    known.entries = []
    item.text = made.list
    return Object.assign(known, made)
  }

  /** @param last the fileset before @returns the one that the next files are of */
  #take (row: Row, last: Known | undefined): Known | undefined {
    const { span, span: [from, value, end] } = row
    const item = (): Item => this.#list.append(this.#outline.text.slice(from, value), this.#outline.text.slice(value, end))
    if ('fileset' in row) {
      const known: Known = { id: row.fileset, files: new Map(), names: new Set(), values: row.values, place: row.place, entries: [], item: item() }
      this.#filesets.set(known.id, known)
      return known
    }
    if ('file' in row) {
      last!.files.set(row.file, { id: row.file, name: row.name })
      last!.names.add(row.name)
      last!.entries.push({ span, file: row.file })
    } else if (row.of === 'file') {
      this.faults.push(`${last!.id}: ${row.fault}`)
      last!.entries.push({ span, twin: row.twin })
    } else {
      this.faults.push(row.fault)
      this.#faulty.push(item())
    }
    return last
  }
}

/** The files.json of a scan without filesets. */
export const EMPTY_LISTING = JSON.stringify({ filesets: [] }, null, 4)
