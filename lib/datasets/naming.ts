import { fail } from '../errors.js'
import { isObject, parseExact } from '../json/exact.js'
import { excessOf, type DocumentBudget } from './document-budget.js'
import { refuseDeepText } from './depth.js'
import type { Metadata } from './index-entry.js'
import type { ListedFile } from './listing.js'
import { EXTENSION, isFileId, isFileName } from './names.js'

/** What a client says of a file; `ext` with or without a dot, `metadata` as JSON text, with `python` perhaps as a dict of Python. */
export interface Said { id?: string | undefined, ext?: string | undefined, metadata?: string | undefined, python?: boolean }

const extension = new RegExp(`^\\.?(${EXTENSION})$`)
const ended = new RegExp(`^(?<stem>.*)\\.(?<ext>${EXTENSION})$`)

const refuse = (path: string, message: string): never => fail('invalid_request', { errors: [{ path, message }] })

/**
 * Id and name of a new file. What is not said is taken from the name of the client's file.
 * @throws `invalid_request`
 */
export function nameOf ({ id, ext }: Said, filename: string | undefined): ListedFile {
  const base = filename?.split(/[/\\]/).at(-1) ?? ''
  const { stem = base, ext: found } = ended.exec(base)?.groups ?? {}
  const chosen = id ?? stem
  if (chosen === '') return refuse('/id', 'is needed')
  if (!isFileId(chosen)) return refuse('/id', 'must be letters, digits, _, . and -, without a dot first')
  const suffix = ext === undefined ? found : extension.exec(ext)?.[1] ?? refuse('/ext', 'must be letters and digits')
  const name = suffix === undefined ? chosen : `${chosen}.${suffix}`
  return isFileName(name) ? { id: chosen, name } : refuse('/id', 'is too long')
}

/** Metadata in a text, as JSON or as Python's `json.dumps` writes it. @returns them as `parseExact` does @throws `invalid_request` if the text is no such object, `metadata_too_large` */
export function metadataIn (text: string | undefined, budget: DocumentBudget): Metadata | undefined {
  if (text === undefined || text.trim() === '') return undefined
  const excess = excessOf(text, budget)
  if (excess !== undefined) return fail('metadata_too_large', { errors: [{ path: '/metadata', message: excess }] })
  let value: unknown
  try {
    value = parseExact(text)
  } catch {
    return refuse('/metadata', 'must be JSON')
  }
  refuseDeepText(text)
  return isObject(value) ? value : refuse('/metadata', 'must be a JSON object')
}
