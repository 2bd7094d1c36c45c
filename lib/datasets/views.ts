import { callerOf, findScan, type Core } from './core.js'
import { onDisk } from './disk.js'
import { createDocuments, type Documents } from './documents.js'
import { visibilities, type Filesets, type Metadata, type ScanSummary } from './index-entry.js'
import type { Place } from './layout.js'
import { SMALL } from '../json/json-text.js'
import { textOfPacked } from './packed-metadata.js'
import type { Asked } from './queries/engine.js'
import { pick } from './queries/jobs.js'
import { search } from './query.js'
import { look } from './fs/look.js'
import { GUEST, type Actor } from './rights.js'

/** A scan as it is known now, to be looked through; nothing of it is to be changed. */
export interface ScanView {
  /** Another object as soon as anything of the scan has changed. */
  summary: ScanSummary
  filesets: Filesets
  /** To be called before the filesets are looked at: those of many scans are kept packed. */
  prepare: () => Promise<void>
  /** Members of the metadata of the scan, without those that are large. @throws `too_expensive`, `overloaded` */
  own: (names: readonly string[]) => Promise<Metadata>
  /** Members of the metadata of a fileset or a file. @throws as `Documents.members` */
  members: (names: readonly string[], fileset: string, file?: string) => Promise<Metadata>
  /** Whether there is a file of that name beside the filesets. */
  holds: (name: string) => boolean
}

/** All of a scan at once, for those who show it in a shape of their own. */
export interface Views {
  /** Lets in whoever may read anything at all. @throws `authentication_required`, `datasets_indexing` */
  admit: (actor: Actor) => void
  /** How many scans guests may read, without a look at any. @throws `datasets_indexing` */
  countForGuests: () => number
  /** @throws `scan_not_found` */
  one: (actor: Actor, scan: string) => Promise<ScanView>
  /** Those that the actor may read, by id, and the owners of whose scans a query left some out. @param query as `Search` takes it */
  all: (actor: Actor, query: { query?: string | undefined, fuzzy: boolean }) => Promise<{ views: ScanView[], leftOut: Array<string | null> }>
  /** Those of some ids whose metadata fit. @throws as `Queries.find` */
  fitting: (actor: Actor, asked: Asked, ids: readonly string[], placeOf: (id: string) => Place) => Promise<string[]>
}

/** @param most bytes of metadata that are read from the disk for one answer */
export function createViews (core: Core, { most }: { most: number }): Views {
  const { layout, index, rights, queries } = core

  const documentsFor = (actor: Actor): Documents => createDocuments({ layout, queries, caller: callerOf(actor), most })

  const viewOf = (actor: Actor, summary: ScanSummary): ScanView => {
    const documents = documentsFor(actor)
    return {
      summary,
      get filesets () { return index.filesets(summary.id) },
      prepare: async () => { await index.get(summary.id) },
      own: async names => {
        const text = textOfPacked(summary.packed)
        return JSON.parse(text.length <= SMALL ? pick(text, names) : await queries.pick(callerOf(actor), Buffer.from(text), names)) as Metadata
      },
      members: async (names, fileset, file) => await onDisk(() => documents.members({ scan: summary.id, fileset, file }, names)),
      holds: name => look(layout.content(summary.id, '', name))?.isFile() === true
    }
  }

  const admit = (actor: Actor): void => {
    core.ready()
    rights.admit(actor)
  }

  return {
    admit,
    countForGuests: () => {
      core.ready()
      // To a guest scans differ in their visibility only.
      const seen = visibilities.filter(visibility => rights.may(GUEST, 'read', { id: '', owner: null, groups: [], visibility }))
      return seen.reduce((sum, visibility) => sum + index.tally.seen(visibility), 0)
    },
    one: async (actor, scan) => viewOf(actor, await findScan(core, actor, 'read', scan)),
    all: async (actor, { query, fuzzy }) => {
      admit(actor)
      const where = { queries, username: actor.username, visible: (scan: ScanSummary) => rights.may(actor, 'read', scan) }
      const { items, leftOut } = await search(await index.all(), where, { limit: Infinity, query, fuzzy, sort: 'id' }, undefined)
      return { views: items.map(summary => viewOf(actor, summary)), leftOut }
    },
    fitting: async (actor, asked, items, placeOf) => {
      const documents = documentsFor(actor)
      return await onDisk(() => queries.find(callerOf(actor), asked, { items, documentOf: id => documents.read(placeOf(id)), most: Infinity }))
    }
  }
}
