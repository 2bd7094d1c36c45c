import { fail } from '../../errors.js'
import { parseJson } from '../../json/read.js'
import { isFileName, isFilesetId } from '../names.js'

interface Listing { filesets?: Array<{ id?: unknown, files?: Array<{ file?: unknown }> }> }

const isName = (check: (text: string) => boolean, value: unknown): boolean => typeof value === 'string' && check(value)

function parse (text: string): Listing {
  try {
    return parseJson(text) as Listing
  } catch (cause) {
    throw new Error('files.json of a stored scan is no JSON', { cause })
  }
}

/** The paths that a stored `files.json` lists; not those of files that PlantDB has only announced (`"file": null`). */
function listed (text: string): string[] {
  const { filesets = [] } = parse(text)
  return filesets.filter(({ id }) => isName(isFilesetId, id)).flatMap(({ id, files = [] }) =>
    files.filter(({ file }) => isName(isFileName, file)).map(({ file }) => `${id as string}/${file as string}`))
}

/** @throws `scan_busy` if a listed file is not there, as when it was deleted after the listing was read */
export function requireListed (text: string, there: ReadonlySet<string>): void {
  const gone = listed(text).find(path => !there.has(path))
  if (gone !== undefined) fail('scan_busy', { retryAfter: 1, cause: new Error(`files.json lists ${gone}, which is not there`) })
}
