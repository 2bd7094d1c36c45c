import { isObject } from '../json/exact.js'
import { ListText, type Item } from '../json/list-text.js'
import { parseJson } from '../json/read.js'
import { dropItems, FilesetText } from './listing-text.js'
import { isFileId, isFileName, isFilesetId } from './names.js'

export interface ListedFile { id: string, name: string }
/** A fileset as files.json lists it: what can be used of it, by id. */
export interface ListedFileset { id: string, files: Map<string, ListedFile> }

/** Something in the folder that cannot be used, and why; `path` is relative to the folder of the data sets. */
export interface Fault { path: string, reason: string, /** Whether it is there all the same, and only not read. */ isThere?: true }

/** Why a whole scan cannot be used. */
export class DamagedScan extends Error {
  override readonly name = 'DamagedScan'
}

interface RawFileset { id: string, files: unknown[] }
interface RawFile { id: string, file: string }

const faultOfFileset = (raw: unknown): string | undefined => {
  if (!isObject(raw)) return 'an entry is no object'
  if (typeof raw.id !== 'string') return 'a fileset has no id'
  if (!isFilesetId(raw.id)) return 'the id of a fileset breaks the rule of names'
  if (!Array.isArray(raw.files)) return `the fileset ${raw.id} has no list of files`
}

const faultOfFile = (raw: unknown): string | undefined => {
  if (!isObject(raw)) return 'an entry is no object'
  if (typeof raw.id !== 'string') return 'a file has no id'
  if (!isFileId(raw.id)) return 'the id of a file breaks the rule of names'
  if (typeof raw.file !== 'string') return `the file ${raw.id} has no name`
  if (!isFileName(raw.file)) return `the name of the file ${raw.id} breaks the rule of names`
}

/**
 * A fileset with the names of its files, beside `files`, which has their ids. `at` and `faulty` are places in the lists
 * that were read: its own, and those of files that cannot be used. `item` and `text` are its text, once something is
 * changed; `raw` is what it was read from.
 */
interface Known extends ListedFileset { names: Set<string>, at: number, raw: readonly unknown[], faulty: Set<number>, item?: Item, text?: FilesetText }

/**
 * `files.json` of a scan: which filesets it has and which files they have. What cannot be used is passed
 * over, and keeps its text as all else does, whatever is changed beside it.
 */
export class Listing {
  readonly faults: string[] = []
  readonly #text: string
  readonly #filesets = new Map<string, Known>()
  readonly #faulty = new Set<number>()
  /** The text by its filesets, once something is changed. */
  #list: ListText | undefined

  /** @throws DamagedScan if it cannot be read at all */
  constructor (text: string) {
    this.#text = text
    for (const [at, raw] of parse(text).filesets.entries()) this.#read(raw, at)
  }

  get filesets (): ReadonlyMap<string, ListedFileset> { return this.#filesets }

  /** Whether a file of the fileset is called so. */
  hasName (fileset: string, name: string): boolean {
    return this.#filesets.get(fileset)?.names.has(name) ?? false
  }

  addFileset (id: string): void {
    const item = this.#opened().add({ files: [], id })
    this.#filesets.set(id, { id, files: new Map(), names: new Set(), at: -1, raw: [], faulty: new Set(), item })
  }

  removeFileset (id: string): void {
    const list = this.#opened()
    const known = this.#filesets.get(id)
    if (known) list.items.delete(known.item!)
    this.#filesets.delete(id)
  }

  addFile (fileset: string, file: ListedFile): void {
    const known = this.#filesets.get(fileset)!
    this.#textOf(known).add({ file: file.name, id: file.id })
    known.files.set(file.id, file)
    known.names.add(file.name)
  }

  removeFile (fileset: string, id: string): void {
    const known = this.#filesets.get(fileset)!
    const name = known.files.get(id)?.name
    this.#textOf(known).remove({ file: name, id })
    known.files.delete(id)
    if (name !== undefined) known.names.delete(name)
  }

  /** The same without what cannot be used. To be called before anything is changed. */
  withoutFaults (): Listing {
    const clean = new Listing(this.#text)
    dropItems(clean.#opened(), clean.#faulty)
    for (const known of clean.#filesets.values()) if (known.faulty.size > 0) dropItems(clean.#textOf(known).list, known.faulty)
    return new Listing(String(clean))
  }

  /** What is new as PlantDB writes it: sorted keys, four spaces. */
  toString (): string {
    return this.#list ? String(this.#list) : this.#text
  }

  #opened (): ListText {
    if (this.#list) return this.#list
    this.#list = new ListText(this.#text, 'filesets')
    const items = [...this.#list.items]
    for (const known of this.#filesets.values()) known.item = items[known.at]!
    return this.#list
  }

  #textOf (known: Known): FilesetText {
    const { unit } = this.#opened()
    known.text ??= new FilesetText(known.item!, unit, known.raw)
    known.raw = []
    return known.text
  }

  #read (raw: unknown, at: number): void {
    const { id = '', files = [] } = (raw ?? {}) as Partial<RawFileset>
    const fault = faultOfFileset(raw) ?? (this.#filesets.has(id) ? `the fileset ${id} is listed twice` : undefined)
    if (fault !== undefined) {
      this.faults.push(fault)
      this.#faulty.add(at)
      return
    }
    const known: Known = { id, files: new Map(), names: new Set(), at, raw: files, faulty: new Set() }
    this.#filesets.set(id, known)
    for (const [at, file] of files.entries()) this.#readFile(known, file, at)
  }

  #readFile ({ id: fileset, files, names, faulty }: Known, raw: unknown, at: number): void {
    const { id = '', file: name = '' } = (raw ?? {}) as Partial<RawFile>
    const fault = faultOfFile(raw) ?? (files.has(id) || names.has(name) ? `the file ${id} is listed twice` : undefined)
    if (fault !== undefined) {
      this.faults.push(`${fileset}: ${fault}`)
      faulty.add(at)
      return
    }
    files.set(id, { id, name })
    names.add(name)
  }
}

function parse (text: string): { filesets: unknown[] } {
  let document: unknown
  try {
    document = parseJson(text)
  } catch {
    throw new DamagedScan(text.trim() === '' ? 'files.json is empty' : 'files.json is no valid JSON')
  }
  if (!isObject(document) || !Array.isArray(document.filesets)) throw new DamagedScan('files.json has no list of filesets')
  return document as { filesets: unknown[] }
}

/** The files.json of a scan without filesets. */
export const EMPTY_LISTING = JSON.stringify({ filesets: [] }, null, 4)
