import type { DocumentWorker } from '../../document-worker/document-worker.js'
import { fail } from '../../errors.js'
import { parseJson } from '../../json/read.js'
import { isFileName, isFilesetId } from '../names.js'
import { pace } from '../pace.js'
import type { Member } from './members.js'

/** Paths that are looked at at once. */
const AT_ONCE = 500

interface Listing { filesets?: Array<{ id?: unknown, files?: Array<{ file?: unknown }> }> }

const isName = (check: (text: string) => boolean, value: unknown): boolean => typeof value === 'string' && check(value)

function parse (text: string): Listing {
  try {
    return parseJson(text) as Listing
  } catch (cause) {
    throw new Error('files.json of a stored scan is no JSON', { cause })
  }
}

/** The paths that the bytes of a stored `files.json` list, one a line, some hundred each; not those of files that PlantDB has only announced (`"file": null`). */
export function listedPaths (listing: Uint8Array): string[] {
  const { filesets = [] } = parse(Buffer.from(listing.buffer, listing.byteOffset, listing.byteLength).toString())
  const paths = filesets.filter(({ id }) => isName(isFilesetId, id)).flatMap(({ id, files = [] }) =>
    files.filter(({ file }) => isName(isFileName, file)).map(({ file }) => `${id as string}/${file as string}`))
  return Array.from({ length: Math.ceil(paths.length / AT_ONCE) }, (_, i) => paths.slice(i * AT_ONCE, (i + 1) * AT_ONCE).join('\n'))
}

/** @throws `scan_busy` if a listed file is not there, as when it was deleted after the listing was read */
export async function requireListed (documentWorker: DocumentWorker, listing: Uint8Array, members: readonly Member[]): Promise<void> {
  const there = new Set<string>()
  for (const { path } of members) {
    there.add(path)
    await pace()
  }
  for (const paths of await documentWorker.run('listedPaths', listing, listing.length)) {
    const gone = paths.split('\n').find(path => !there.has(path))
    if (gone !== undefined) return fail('scan_busy', { retryAfter: 1, cause: new Error(`files.json lists ${gone}, which is not there`) })
    await pace()
  }
}
