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

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

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

/** The names of a fileset's files, beside `files`, which has their ids. */
interface Known extends ListedFileset { names: Set<string>, raw: RawFileset }

/**
 * `files.json` of a scan: which filesets it has and which files they have. What cannot be used is passed
 * over and kept as it is, whatever is changed beside it.
 */
export class Listing {
  readonly faults: string[] = []
  readonly #document: { filesets: unknown[] }
  readonly #filesets = new Map<string, Known>()

  /** @throws DamagedScan if it cannot be read at all */
  constructor (text: string) {
    this.#document = parse(text)
    for (const raw of this.#document.filesets) this.#read(raw)
  }

  get filesets (): ReadonlyMap<string, ListedFileset> { return this.#filesets }

  /** Whether a file of the fileset is called so. */
  hasName (fileset: string, name: string): boolean {
    return this.#filesets.get(fileset)?.names.has(name) ?? false
  }

  addFileset (id: string): void {
    const raw = { files: [], id }
    this.#document.filesets.push(raw)
    this.#read(raw)
  }

  removeFileset (id: string): void {
    const known = this.#filesets.get(id)
    this.#document.filesets = this.#document.filesets.filter(raw => raw !== known?.raw)
    this.#filesets.delete(id)
  }

  addFile (fileset: string, file: ListedFile): void {
    const known = this.#filesets.get(fileset)!
    known.raw.files.push({ file: file.name, id: file.id })
    known.files.set(file.id, file)
    known.names.add(file.name)
  }

  removeFile (fileset: string, id: string): void {
    const known = this.#filesets.get(fileset)!
    const name = known.files.get(id)?.name
    known.raw.files = known.raw.files.filter(raw => !(isObject(raw) && raw.id === id && raw.file === name))
    known.files.delete(id)
    if (name !== undefined) known.names.delete(name)
  }

  /** The same without what cannot be used. */
  withoutFaults (): Listing {
    const filesets = [...this.#filesets.values()].map(({ id, files }) => ({ files: [...files.values()].map(file => ({ file: file.name, id: file.id })), id }))
    return new Listing(JSON.stringify({ filesets }))
  }

  /** As PlantDB writes it: sorted keys, four spaces. */
  toString (): string {
    return JSON.stringify(this.#document, null, 4)
  }

  #read (raw: unknown): void {
    const { id = '', files = [] } = (raw ?? {}) as Partial<RawFileset>
    const fault = faultOfFileset(raw) ?? (this.#filesets.has(id) ? `the fileset ${id} is listed twice` : undefined)
    if (fault !== undefined) {
      this.faults.push(fault)
      return
    }
    const known: Known = { id, files: new Map(), names: new Set(), raw: raw as RawFileset }
    this.#filesets.set(id, known)
    for (const file of files) this.#readFile(known, file)
  }

  #readFile ({ id: fileset, files, names }: Known, raw: unknown): void {
    const { id = '', file: name = '' } = (raw ?? {}) as Partial<RawFile>
    const fault = faultOfFile(raw) ?? (files.has(id) || names.has(name) ? `the file ${id} is listed twice` : undefined)
    if (fault !== undefined) {
      this.faults.push(`${fileset}: ${fault}`)
      return
    }
    files.set(id, { id, name })
    names.add(name)
  }
}

function parse (text: string): { filesets: unknown[] } {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw new DamagedScan(text.trim() === '' ? 'files.json is empty' : 'files.json is no valid JSON')
  }
  if (!isObject(document) || !Array.isArray(document.filesets)) throw new DamagedScan('files.json has no list of filesets')
  return document as { filesets: unknown[] }
}

/** The files.json of a scan without filesets. */
export const EMPTY_LISTING = JSON.stringify({ filesets: [] }, null, 4)
