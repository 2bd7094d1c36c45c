import type { DocumentWorker } from '../document-worker/document-worker.js'
import { fail } from '../errors.js'
import { onDisk } from './disk.js'
import type { Commits } from './commits.js'
import type { DocumentBudgets } from './document-budget.js'
import type { FileRecord, FilesetRecord, ScanSummary } from './index-entry.js'
import type { Layout, Place } from './layout.js'
import { DamagedScan } from './listing.js'
import type { Queries } from './queries/engine.js'
import type { Quotas, Room } from './quotas.js'
import { stampOfScan } from './format/stamp.js'
import type { Actor, Guarded, Right, Rights } from './rights.js'
import type { ScanIndex } from './scan-index.js'
import type { Workspace } from './workspace.js'

/** What the services of scans, filesets, files and metadata share. */
export interface Core {
  layout: Layout
  workspace: Workspace
  index: ScanIndex
  commits: Commits
  rights: Rights
  budgets: DocumentBudgets
  queries: Queries
  quotas: Quotas
  documentWorker: DocumentWorker
  /** Milliseconds since the epoch. */
  now: () => number
  /** @throws `datasets_indexing` until the folder is indexed */
  ready: () => void
  /** Tells the other replicas that a scan was made or removed as a whole. */
  announce: (scan: string) => Promise<void>
}

/**
 * A scan that an actor may use so.
 * @throws `authentication_required`, `scan_not_found`, `not_permitted`
 */
export async function findScan ({ index, rights, ready }: Core, actor: Actor, right: Right, scan: string): Promise<ScanSummary> {
  ready()
  return rights.demand(actor, right, await onDisk(() => index.get(scan)))
}

/** What decides who may use a scan, as it lies on the disk at this moment. @throws `scan_damaged` */
export async function guardedScan ({ index }: Pick<Core, 'index'>, scan: string): Promise<Guarded> {
  try {
    return await index.guarded(scan)
  } catch (error) {
    if (error instanceof DamagedScan) return fail('scan_damaged', { cause: error })
    throw error
  }
}

/** Room for so many bytes of new metadata in a scan. @throws `quota_exceeded`, `scan_damaged` */
export async function roomIn (core: Core, actor: Actor, scan: string, metadata: number): Promise<Room> {
  const room = core.quotas.roomFor(actor, (await guardedScan(core, scan)).owner, scan)
  room.take({ metadata })
  return room
}

/** A scan, a fileset or a file, whichever a place names. @throws as the others here */
export async function findPlace (core: Core, actor: Actor, right: Right, place: Place): Promise<void> {
  if (place.fileset === undefined) await findScan(core, actor, right, place.scan)
  else if (place.file === undefined) await findFileset(core, actor, right, place)
  else await findFile(core, actor, right, place)
}

/**
 * What is known of a scan that nobody else writes to at this moment, read again if the index is behind.
 * @throws `scan_not_found`
 */
export async function findSettled ({ layout, index }: Pick<Core, 'layout' | 'index'>, scan: string): Promise<ScanSummary> {
  const known = await index.get(scan)
  if (known && known.stamp === stampNow(layout, scan)) return known
  index.invalidate(scan)
  return await index.get(scan) ?? fail('scan_not_found')
}

/** The same for a fileset. @throws `fileset_not_found` as well */
export async function findFileset (core: Core, actor: Actor, right: Right, { scan, fileset = '' }: Place): Promise<FilesetRecord> {
  await findScan(core, actor, right, scan)
  return core.index.filesets(scan).get(fileset) ?? fail('fileset_not_found')
}

/** The same for a file. @throws `file_not_found` as well */
export async function findFile (core: Core, actor: Actor, right: Right, place: Place): Promise<FileRecord> {
  const { files } = await findFileset(core, actor, right, place)
  return files.get(place.file ?? '') ?? fail('file_not_found')
}

function stampNow (layout: Layout, scan: string): string | undefined {
  try {
    return stampOfScan(layout, scan)
  } catch (error) {
    if (error instanceof DamagedScan) return undefined
    throw error
  }
}

/** Under which name the queries of an actor wait for each other; guests are one. */
export const callerOf = ({ username }: Pick<Actor, 'username'>): string => username ?? ''

/** The time as PlantDB and RFC 3339 both read it: seconds, UTC, as an offset. */
export const timeText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}+00:00`
