import { fail, Problem } from '../errors.js'
import { textOfGiven, type GivenMetadata } from '../datasets/format/protected-members.js'
import type { ScanSummary } from '../datasets/index-entry.js'
import { pace } from '../datasets/pace.js'
import type { Actor } from '../datasets/rights.js'
import type { Datasets } from '../datasets/service.js'
import type { ScanView } from '../datasets/views.js'
import { scanInfo } from './scan-info.js'
import type { ScanInfo } from './schema.js'
import { isYes } from './words.js'

/** A query as PlantDB's clients put it. */
export interface Filter { filterQuery?: string | undefined, fuzzy?: string | undefined }

/** A list, with header fields for what an array has no place for: the owners of whose scans a query left some out, `guest` being nobody. */
interface Listed<T> { value: T, headers: Record<string, string> }

const headersFor = (leftOut: ReadonlyArray<string | null>): Record<string, string> =>
  leftOut.length === 0 ? {} : { 'x-guardcell-left-out': leftOut.map(owner => encodeURIComponent(owner ?? 'guest')).join(', ') }

/** Metadata of something new, which nobody has to give. */
type Given = GivenMetadata | null | undefined

export interface PlantDBScans {
  /** Ids of the scans that may be read. @throws `invalid_request` */
  list: (actor: Actor, filter: Filter) => Promise<Listed<string[]>>
  /** The same with all that is shown of them, as a JSON array of `ScanInfo`; one that cannot be shown is left out. */
  infos: (actor: Actor, filter: Filter) => Promise<Listed<Buffer>>
  info: (actor: Actor, scan: string) => Promise<ScanInfo>
  create: (actor: Actor, scan: string, metadata: Given) => Promise<{ message: string, id: string }>
  addFileset: (actor: Actor, scan: string, fileset: string, metadata: Given) => Promise<{ message: string, id: string }>
}

interface Parts { datasets: Datasets, prefix: string, warn: (details: object, message: string) => void }

/** Bytes, as JSON. */
const KEPT = 128 * 2 ** 20

const MOST_GROUPS = 100

export function createPlantDBScans ({ datasets, prefix, warn }: Parts): PlantDBScans {
  /** What was worked out, for as long as the scan stays the same: the metadata of every image are read for it. */
  const kept = new Map<string, { summary: ScanSummary, info: ScanInfo, bytes: number }>()
  let bytes = 0

  const drop = (scan: string): void => {
    bytes -= kept.get(scan)?.bytes ?? 0
    kept.delete(scan)
  }

  const infoOf = async (view: ScanView): Promise<ScanInfo> => {
    const { summary } = view
    const known = kept.get(summary.id)
    if (known?.summary === summary) return known.info
    const info = await scanInfo(view, prefix)
    drop(summary.id)
    const size = JSON.stringify(info).length
    kept.set(summary.id, { summary, info, bytes: size })
    bytes += size
    for (const oldest of kept.keys()) {
      if (bytes <= KEPT) break
      drop(oldest)
    }
    return info
  }

  const found = async (actor: Actor, { filterQuery, fuzzy }: Filter): ReturnType<Datasets['views']['all']> =>
    await datasets.views.all(actor, { query: filterQuery === '' ? undefined : filterQuery, fuzzy: isYes(fuzzy) })

  return {
    list: async (actor, filter) => {
      const { views, leftOut } = await found(actor, filter)
      return { value: views.map(({ summary }) => summary.id), headers: headersFor(leftOut) }
    },

    infos: async (actor, filter) => {
      const texts: Buffer[] = []
      const { views, leftOut } = await found(actor, filter)
      for (const view of views) {
        try {
          texts.push(Buffer.from(JSON.stringify(await infoOf(view))))
        } catch (error) {
          if (!(error instanceof Problem)) throw error
          warn({ err: error, scan: view.summary.id }, 'a scan cannot be shown')
        }
        await pace()
      }
      const value = Buffer.concat(['[', ...texts.flatMap((text, i) => i === 0 ? [text] : [',', text]), ']'].map(part => Buffer.from(part as string)))
      return { value, headers: headersFor(leftOut) }
    },

    info: async (actor, scan) => await infoOf(await datasets.views.one(actor, scan)),

    create: async (actor, scan, metadata) => {
      const given = textOfGiven(metadata ?? {})
      const sharing = await datasets.documentWorker.run('sharingIn', { text: given, most: MOST_GROUPS + 1 }, given.length)
      if (sharing.length > MOST_GROUPS) return fail('invalid_request', { errors: [{ path: '/metadata/sharing', message: `must not have more than ${MOST_GROUPS} groups` }] })
      // Of what is sharing in it, nothing becomes part of the metadata but these groups.
      const { id } = await datasets.scans.create(actor, { id: scan, metadata: metadata ?? {}, sharing })
      return { message: 'Scan created successfully', id }
    },

    addFileset: async (actor, scan, fileset, metadata) => {
      const { id } = await datasets.filesets.create(actor, scan, { id: fileset, metadata: metadata ?? {} })
      return { message: `Fileset created successfully in '${scan}'.`, id }
    }
  }
}
