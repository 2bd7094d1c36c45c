import { describe, summarise, type FilesetRecord, type Filesets, type ScanSummary } from './index-entry.js'
import type { Fault } from './listing.js'
import { packing, type Packed } from './packed.js'
import type { ReadScan } from './read-scan.js'
import type { Kept } from './snapshot.js'
import { Tally } from './tally.js'
import { isPacked, Unpacked } from './unpacked.js'

/** What is known of a scan. */
export interface KnownScan {
  summary: ScanSummary
  filesets: Filesets | Packed
  faults: Fault[]
  /** Files (`fileset/id`) that changed since, or everything. */
  stale: Set<string> | 'all' | undefined
  /** How often it was marked stale. */
  changes: number
}

const knownScan = (summary: ScanSummary, filesets: Filesets | Packed, faults: Fault[]): KnownScan =>
  ({ summary, filesets, faults, stale: undefined, changes: 0 })

/** A scan of which no more than the name is known. */
const unread = (id: string): KnownScan =>
  knownScan(summarise({ id, described: describe({}), metadataBytes: 0, filesets: new Map(), stamp: '', created: 0, modified: 0 }), new Map(), [])

const isRead = ({ stamp }: ScanSummary): boolean => stamp !== ''

/** The scans in memory, right or marked stale; nothing here asks the disk. */
export class KnownScans {
  readonly #known = new Map<string, KnownScan>()
  /** What there is by owner and by visibility; what is marked stale counts as it was, and what was never read not at all. */
  readonly tally = new Tally()
  readonly #stale = new Set<string>()
  /** Why what cannot be used. */
  protected readonly damaged = new Map<string, string>()
  readonly #unpacked = new Unpacked()
  /** Whether it changed since it was last kept. */
  changed = false

  get size (): number { return this.#known.size }

  protected get known (): ReadonlyMap<string, KnownScan> { return this.#known }

  /** Those that are to be read again. */
  get stale (): ReadonlySet<string> { return this.#stale }

  /** What cannot be used. */
  faults (): Fault[] {
    return [...[...this.damaged].map(([path, reason]) => ({ path, reason })), ...[...this.#known.values()].flatMap(({ faults }) => faults)]
  }

  /** Whether something that the scan lists is missing. */
  isIncomplete (scan: string): boolean {
    return this.#known.get(scan)?.faults.some(({ isThere }) => isThere !== true) === true
  }

  /** The filesets of a scan that is known to be right. */
  filesets (scan: string): Filesets {
    const known = this.#known.get(scan)
    return known ? this.#unpacked.open(scan, known) : new Map<string, FilesetRecord>()
  }

  /** Gets the filesets of a scan ready to be looked at. */
  protected async prepare (scan: string): Promise<void> {
    const known = this.known.get(scan)
    if (known) await this.#unpacked.prepare(known)
  }

  /** What is kept on disk of them. */
  * kept (): Generator<Kept> {
    for (const { summary, filesets, faults, stale } of this.#known.values()) {
      if (stale === undefined) yield { summary, packed: isPacked(filesets) ? filesets : packing(filesets), faults }
    }
  }

  /** Marks what another replica has changed. @param touched files as `fileset/id`; undefined for everything */
  invalidate (scan: string, touched?: readonly string[]): void {
    const known = this.#known.get(scan) ?? unread(scan)
    this.#known.set(scan, known)
    this.#stale.add(scan)
    known.changes++
    if (touched === undefined || known.stale === 'all' || !isRead(known.summary)) known.stale = 'all'
    else known.stale = new Set([...known.stale ?? [], ...touched])
  }

  remove (scan: string): void {
    this.#forget(scan)
    this.damaged.delete(scan)
    this.changed = true
  }

  protected put (scan: string, { faults, ...read }: ReadScan): void {
    this.damaged.delete(scan)
    const known = knownScan(summarise({ id: scan, ...read }), read.filesets, faults)
    this.#replace(scan, known)
    this.#unpacked.open(scan, known)
    this.changed = true
  }

  /** What was marked stale meanwhile stays so: the change may be one that no stamp shows. */
  protected putKept ({ summary, packed, faults }: Kept): void {
    if (!this.#known.has(summary.id)) this.#replace(summary.id, knownScan(summary, [...packed], faults))
  }

  protected damage (scan: string, reason: string): void {
    this.#forget(scan)
    this.damaged.set(scan, reason)
  }

  #forget (scan: string): void {
    this.#replace(scan, undefined)
    this.#unpacked.forget(scan)
  }

  #replace (scan: string, known: KnownScan | undefined): void {
    const before = this.#known.get(scan)?.summary
    if (before && isRead(before)) this.tally.remove(before)
    this.#stale.delete(scan)
    if (!known) {
      this.#known.delete(scan)
      return
    }
    this.#known.set(scan, known)
    this.tally.add(known.summary)
  }
}
