import { fail } from '../errors.js'
import { isMissing } from './disk.js'
import type { Metadata } from './index-entry.js'
import type { Layout, Place } from './layout.js'
import { pace } from './pace.js'
import { textOf, withPlainFile } from './plain-file.js'
import type { Queries } from './queries/engine.js'
import { pick } from './queries/jobs.js'
import { isInside, look } from './fs/look.js'

/** Reads metadata of filesets and files for one answer, and lets other work through meanwhile. */
export interface Documents {
  /** The JSON text as it is on the disk; `{}` where there is none. @throws `too_expensive` */
  read: (place: Place) => Promise<Uint8Array>
  /** Some members; there are none where they cannot be understood, or are large. @throws `too_expensive` */
  members: (place: Place, names: readonly string[]) => Promise<Metadata>
}

/** Bytes that are read and understood in the main thread. */
const SMALL = 16 * 1024
/** Characters of all members of one answer. */
const MOST_PICKED = 8 * 2 ** 20
const NONE = Buffer.from('{}')

interface Parts { layout: Layout, queries: Queries, caller: string, /** Bytes of all documents of one answer. */ most: number }

export function createDocuments ({ layout, queries, caller, most }: Parts): Documents {
  let bytes = 0
  let picked = 0

  const read = async (place: Place): Promise<Uint8Array> => {
    await pace()
    const path = layout.metadata(place)
    const stat = isInside(layout.root, path) ? look(path) : undefined
    if (!stat?.isFile()) return NONE
    bytes += stat.size
    if (bytes > most) return fail('too_expensive')
    try {
      // For many small looks this thread is several times as fast as the pool.
      if (stat.size <= SMALL) return Buffer.from(textOf(path))
      return await withPlainFile(path, async (handle, { size }) => size > most ? fail('too_expensive') : await handle.readFile())
    } catch (error) {
      if (isMissing(error)) return NONE
      throw error
    }
  }

  return {
    read,
    members: async (place, names) => {
      const document = await read(place)
      const text = document.length <= SMALL ? pick(Buffer.from(document).toString(), names) : await queries.pick(caller, document, names)
      picked += text.length
      return picked > MOST_PICKED ? fail('too_expensive', { errors: [{ path: '', message: `more than ${MOST_PICKED} characters would be shown` }] }) : JSON.parse(text) as Metadata
    }
  }
}
