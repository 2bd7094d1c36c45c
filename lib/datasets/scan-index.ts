import type { DocumentWorker } from '../document-worker/document-worker.js'
import { absorbOne } from './absorb.js'
import { Problem } from '../errors.js'
import type { DocumentBudgets } from './document-budget.js'
import type { ScanSummary } from './index-entry.js'
import { KnownScans, type KnownScan } from './known-scans.js'
import { layoutOf, type Layout } from './layout.js'
import { DamagedScan, type Listing } from './listing.js'
import { pace } from './pace.js'
import type { Touched } from './plan.js'
import { look, sizeOf } from './fs/look.js'
import { describedScan, readScan } from './read-scan.js'
import { isOfMetadata, stampOfScan } from './format/stamp.js'
import type { Guarded } from './rights.js'
import { isAsItWas, scansIn } from './scan-folders.js'
import type { Kept } from './snapshot.js'

/** Told how many of how many scans were looked at. */
export type Progress = (done: number, of: number) => void

/**
 * What a replica knows of the data sets without asking the disk: every scan with its metadata, filesets and
 * files. What other replicas change is marked stale, and read again when somebody asks for it.
 */
export class ScanIndex extends KnownScans {
  readonly #layout: Layout
  readonly #budgets: DocumentBudgets
  readonly #documentWorker: DocumentWorker
  readonly #reading = new Map<string, Promise<void>>()

  constructor (root: string, budgets: DocumentBudgets, documentWorker: DocumentWorker) {
    super()
    this.#layout = layoutOf(root)
    this.#budgets = budgets
    this.#documentWorker = documentWorker
  }

  /** The scan as it is now; undefined if there is none, or none that can be used. */
  async get (scan: string): Promise<ScanSummary | undefined> {
    await this.#settle(scan)
    await this.prepare(scan)
    return this.known.get(scan)?.summary
  }

  /** Who may use a scan, by its metadata as they lie on the disk at this moment. @throws DamagedScan */
  async guarded (scan: string): Promise<Guarded> {
    const known = this.known.get(scan)?.summary
    if (known && isOfMetadata(known.stamp, this.#layout, scan)) return known
    return { id: scan, ...(await this.#describe(scan)).described }
  }

  /** Reads each of those that are marked stale once more. @param isOver asked between two of them */
  async readStale (isOver: () => boolean): Promise<void> {
    for (const scan of [...this.stale]) {
      if (isOver()) return
      await this.#readOnce(scan).catch(() => {})
      await pace()
    }
  }

  async all (): Promise<ScanSummary[]> {
    for (const scan of [...this.stale]) {
      await this.#settle(scan).catch(() => {})
      await pace()
    }
    // One that the disk refuses to show must not hide the others.
    return [...this.known.values()].filter(known => known.stale === undefined).map(({ summary }) => summary)
  }

  /**
   * Takes over what a write of this replica has made of a scan.
   * @param exact whether nobody else has written since the last time
   */
  async absorb (scan: string, listing: Listing, touched: Touched, exact: boolean): Promise<void> {
    const known = this.known.get(scan)
    if (!exact || !known || known.stale !== undefined) {
      this.invalidate(scan)
      return
    }
    try {
      await this.#absorb(scan, known, listing, touched)
    } catch (error) {
      // It was written; what cannot be read of it is found out when somebody asks.
      if (!(error instanceof DamagedScan) && !(error instanceof Problem)) throw error
      this.invalidate(scan)
    }
  }

  async #absorb (scan: string, known: KnownScan, listing: Listing, touched: Touched): Promise<void> {
    const layout = this.#layout
    const { summary, faults, changes } = known
    const described = touched.has('') ? (await this.#describe(scan)).described : summary
    await this.prepare(scan)
    // What another replica has changed meanwhile is read again.
    if (this.known.get(scan) !== known || known.changes !== changes) return this.invalidate(scan)
    const filesets = this.filesets(scan)
    for (const [key, digest] of touched) absorbOne({ layout, scan, filesets, listing }, key, digest)
    this.put(scan, {
      described,
      metadataBytes: sizeOf(layout.metadata({ scan })),
      filesets,
      stamp: stampOfScan(layout, scan),
      created: look(layout.scan(scan))?.birthtimeMs ?? summary.created,
      modified: look(layout.listing(scan))?.mtimeMs ?? summary.modified,
      faults
    })
  }

  #describe (scan: string): ReturnType<typeof describedScan> {
    return describedScan(this.#documentWorker, this.#layout, scan, this.#budgets.metadata)
  }

  /** Begins with what an earlier run kept; only scans whose listing and metadata are still the same count. */
  async load (kept: readonly Kept[], onProgress: Progress): Promise<void> {
    for (const scan of kept) this.putKept(scan)
    await this.reconcile(false, onProgress)
  }

  /** Compares the index with the folder: what is new, gone or changed. @param everything reads also what looks unchanged */
  async reconcile (everything = false, onProgress: Progress = () => {}): Promise<void> {
    this.damaged.clear()
    const { present, misnamed } = await scansIn(this.#layout.root)
    for (const name of misnamed) this.damage(name, 'the name breaks the rule of names')
    for (const scan of this.known.keys()) if (!present.has(scan)) this.remove(scan)
    let done = 0
    for (const scan of present) {
      onProgress(done++, present.size)
      if (everything || !this.#isCurrent(scan)) {
        this.invalidate(scan)
        await this.#settle(scan).catch((error: NodeJS.ErrnoException) => this.damaged.set(scan, `cannot be read (${error.code})`))
      }
      await pace()
    }
  }

  /** Whether the scan in memory is the one on disk. */
  #isCurrent (scan: string): boolean {
    const known = this.known.get(scan)
    return known !== undefined && known.stale === undefined && isAsItWas(this.#layout, known.summary)
  }

  /** Reads a stale scan again; callers at the same moment wait for the same reading. */
  async #settle (scan: string): Promise<void> {
    while (this.known.get(scan)?.stale !== undefined) await this.#readOnce(scan)
  }

  async #readOnce (scan: string): Promise<void> {
    const reading = this.#reading.get(scan) ?? this.#read(scan).finally(() => this.#reading.delete(scan))
    this.#reading.set(scan, reading)
    await reading
  }

  async #read (scan: string): Promise<void> {
    const before = this.known.get(scan)
    if (before?.stale === undefined) return
    const { stale, changes } = before
    try {
      await this.prepare(scan)
      const read = await readScan({ layout: this.#layout, documentWorker: this.#documentWorker, budgets: this.#budgets }, scan, pace, stale === 'all' ? undefined : { filesets: this.filesets(scan), stale })
      // What was written while it was read may be missing in it: it is read once more.
      if (this.known.get(scan) === before && before.changes === changes) this.put(scan, read)
    } catch (error) {
      if (!(error instanceof DamagedScan)) throw error
      if (this.known.get(scan) !== before || before.changes !== changes) return
      if (look(this.#layout.scan(scan))) this.damage(scan, error.message)
      else this.remove(scan)
    }
  }
}
