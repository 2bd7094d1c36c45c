import { callerOf, findScan, type Core } from './core.js'
import { asProblem } from './disk.js'
import type { Filesets, Metadata, ScanSummary } from './index-entry.js'
import { DamagedScan } from './listing.js'
import type { Asked } from './queries/engine.js'
import { search } from './query.js'
import { look, objectIn } from './read-scan.js'
import type { Actor } from './rights.js'

/** A scan as it is known now, to be looked through; nothing of it is to be changed. */
export interface ScanView {
  /** Another object as soon as anything of the scan has changed. */
  summary: ScanSummary
  filesets: Filesets
  /** Metadata of a fileset or a file; there are none where they cannot be understood. */
  metadata: (fileset: string, file?: string) => Metadata
  /** Whether there is a file of that name beside the filesets. */
  holds: (name: string) => boolean
}

/** All of a scan at once, for those who show it in a shape of their own. */
export interface Views {
  /** @throws `scan_not_found` */
  one: (actor: Actor, scan: string) => Promise<ScanView>
  /** Those that the actor may read, by id. @param query as `Search` takes it */
  all: (actor: Actor, query: { query?: string | undefined, fuzzy: boolean }) => Promise<ScanView[]>
  /** Those of some ids whose metadata fit. @throws as `Queries.find` */
  fitting: (actor: Actor, asked: Asked, ids: readonly string[], metadata: (id: string) => Metadata) => Promise<string[]>
}

export function createViews (core: Core): Views {
  const { layout, index, rights } = core

  const viewOf = (summary: ScanSummary): ScanView => ({
    summary,
    // Looked up when it is needed: of most scans they are kept packed.
    get filesets () { return index.filesets(summary.id) },
    metadata: (fileset, file) => {
      try {
        return objectIn(layout.root, layout.metadata({ scan: summary.id, fileset, file }), 'metadata') ?? {}
      } catch (error) {
        if (error instanceof DamagedScan) return {}
        throw asProblem(error)
      }
    },
    holds: name => look(layout.content(summary.id, '', name))?.isFile() === true
  })

  return {
    one: async (actor, scan) => viewOf(await findScan(core, actor, 'read', scan)),
    all: async (actor, { query, fuzzy }) => {
      core.ready()
      rights.admit(actor)
      const { items } = await search(await index.all(), { queries: core.queries, caller: callerOf(actor), visible: scan => rights.may(actor, 'read', scan) }, { limit: Infinity, query, fuzzy, sort: 'id' }, undefined)
      return items.map(viewOf)
    },
    fitting: async (actor, asked, items, metadata) =>
      await core.queries.find(callerOf(actor), asked, { items, documentOf: id => Buffer.from(JSON.stringify(metadata(id))), most: Infinity })
  }
}
