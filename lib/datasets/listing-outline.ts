import { isObject } from '../json/exact.js'
import { placeOfList, type ListPlace } from '../json/list-text.js'
import { measureJson } from '../json/measure.js'
import { parseJson } from '../json/read.js'
import { skipSpace } from '../json/scan.js'
import { DamagedScan } from './damaged-scan.js'
import { isFileId, isFileName, isFilesetId } from './names.js'

/** An item of a list in `files.json`: where it begins, with the spaces before it and without, and where it ends. */
export type Span = [from: number, value: number, end: number]

/** A fileset, the files of the one before, and what cannot be used, in their order. */
export type Row =
  | { fileset: string, span: Span, place: ListPlace, values: number }
  | { file: string, name: string, span: Span }
  /** @property twin id and name, as of a file that is listed twice */
  | { fault: string, span: Span, of: 'fileset' | 'file', twin?: string }

/**
 * What is in a `files.json`. The rows come as JSON arrays of some hundred each, so that they can be taken in between
 * other work however many they are.
 */
export interface Outline { text: string, values: number, unit: string, place: ListPlace, rows: string[] }

/** Rows that are taken in at once. */
const AT_ONCE = 400

/** Entries of a file are the same by id and name; what else they say does not matter. */
export const twinOf = (id: unknown, name: unknown): string => JSON.stringify([id, name])

const faultOfFileset = (raw: unknown, seen: ReadonlySet<unknown>): string | undefined => {
  if (!isObject(raw)) return 'an entry is no object'
  if (typeof raw.id !== 'string') return 'a fileset has no id'
  if (!isFilesetId(raw.id)) return 'the id of a fileset breaks the rule of names'
  if (!Array.isArray(raw.files)) return `the fileset ${raw.id} has no list of files`
  if (seen.has(raw.id)) return `the fileset ${raw.id} is listed twice`
}

const faultOfFile = (raw: unknown, ids: ReadonlySet<unknown>, names: ReadonlySet<unknown>): string | undefined => {
  if (!isObject(raw)) return 'an entry is no object'
  if (typeof raw.id !== 'string') return 'a file has no id'
  if (!isFileId(raw.id)) return 'the id of a file breaks the rule of names'
  if (typeof raw.file !== 'string') return `the file ${raw.id} has no name`
  if (!isFileName(raw.file)) return `the name of the file ${raw.id} breaks the rule of names`
  if (ids.has(raw.id) || names.has(raw.file)) return `the file ${raw.id} is listed twice`
}

function parse (text: string): unknown[] {
  let document: unknown
  try {
    document = parseJson(text)
  } catch {
    throw new DamagedScan(text.trim() === '' ? 'files.json is empty' : 'files.json is no valid JSON')
  }
  if (!isObject(document) || !Array.isArray(document.filesets)) throw new DamagedScan('files.json has no list of filesets')
  return document.filesets
}

/** @throws DamagedScan if a `files.json` cannot be read at all */
export function outlineOf (text: string): Outline {
  const filesets = parse(text)
  const rows: string[] = []
  let open: Row[] = []
  const put = (row: Row): void => {
    if (open.push(row) < AT_ONCE) return
    rows.push(JSON.stringify(open))
    open = []
  }
  const spans: Span[] = []
  const { place, unit } = placeOfList(text, skipSpace(text, 0), 'filesets', (...span) => { spans.push(span) })
  const seen = new Set<unknown>()
  for (const [i, raw] of filesets.entries()) {
    const span = spans[i]!
    const fault = faultOfFileset(raw, seen)
    if (fault !== undefined) {
      put({ fault, span, of: 'fileset' })
      continue
    }
    const { id, files } = raw as { id: string, files: unknown[] }
    seen.add(id)
    const inner: Span[] = []
    put({ fileset: id, span, values: measureJson(text.slice(span[1], span[2])).values, place: placeOfList(text, span[1], 'files', (...span) => { inner.push(span) }, unit).place })
    const [ids, names] = [new Set<unknown>(), new Set<unknown>()]
    for (const [i, file] of files.entries()) {
      const span = inner[i]!
      const fault = faultOfFile(file, ids, names)
      const { id, file: name } = (isObject(file) ? file : {}) as { id: string, file: string }
      if (fault !== undefined) put({ fault, span, of: 'file', ...(isObject(file) ? { twin: twinOf(id, name) } : {}) })
      else {
        ids.add(id)
        names.add(name)
        put({ file: id, name, span })
      }
    }
  }
  rows.push(JSON.stringify(open))
  return { text, values: measureJson(text).values, unit, place, rows }
}
