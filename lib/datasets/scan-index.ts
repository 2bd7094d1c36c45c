import { readdir } from 'node:fs/promises'
import type { FilesetRecord, Filesets, Metadata, ScanSummary } from './index-entry.js'
import { summarise } from './index-entry.js'
import { absorbOne } from './absorb.js'
import { DamagedScan, type Fault, type Listing } from './listing.js'
import { isScanId } from './names.js'
import { createPace } from './pace.js'
import { pack } from './packed.js'
import { Unpacked } from './unpacked.js'
import { look, readScan, readScanMetadata, stampOfScan } from './read-scan.js'
import { layoutOf } from './layout.js'
import type { Touched } from './plan.js'
import type { Kept } from './snapshot.js'

/** The folders of a root that are scans by their names, and those that would be if they were called otherwise. */
async function scansIn (root: string): Promise<{ present: ReadonlySet<string>, misnamed: string[] }> {
  const found = await readdir(root, { withFileTypes: true })
  const names = found.filter(entry => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isSymbolicLink())).map(({ name }) => name)
  return { present: new Set(names.filter(isScanId)), misnamed: names.filter(name => !isScanId(name)) }
}

/** What is known of a scan, kept in memory. */
interface Entry {
  summary: ScanSummary
  filesets: Filesets | string
  faults: Fault[]
  /** Files (`fileset/id`) that changed since, or everything. */
  stale: Set<string> | 'all' | undefined
  /** How often it was marked stale. */
  changes: number
}

/**
 * What a replica knows of the data sets without asking the disk: every scan with its metadata, filesets and
 * files. What other replicas change is marked stale, and read again when somebody asks for it.
 */
export class ScanIndex {
  readonly #root: string
  readonly #entries = new Map<string, Entry>()
  readonly #damaged = new Map<string, string>()
  readonly #unpacked = new Unpacked()
  readonly #reading = new Map<string, Promise<void>>()
  /** Whether it changed since it was last kept. */
  changed = false

  constructor (root: string) {
    this.#root = root
  }

  /** What cannot be used. */
  faults (): Fault[] {
    return [...[...this.#damaged].map(([path, reason]) => ({ path, reason })), ...[...this.#entries.values()].flatMap(({ faults }) => faults)]
  }

  /** Whether something that the scan lists is missing. */
  isIncomplete (scan: string): boolean {
    return (this.#entries.get(scan)?.faults.length ?? 0) > 0
  }

  /** The scan as it is now; undefined if there is none, or none that can be used. */
  async get (scan: string): Promise<ScanSummary | undefined> {
    await this.#settle(scan)
    return this.#entries.get(scan)?.summary
  }

  async all (): Promise<ScanSummary[]> {
    const stale = [...this.#entries].filter(([, entry]) => entry.stale !== undefined)
    for (const [scan] of stale) await this.#settle(scan).catch(() => {})
    // One that the disk refuses to show must not hide the others.
    return [...this.#entries.values()].filter(entry => entry.stale === undefined).map(({ summary }) => summary)
  }

  get size (): number { return this.#entries.size }

  /** The filesets of a scan that `get` has just answered. */
  filesets (scan: string): Filesets {
    const entry = this.#entries.get(scan)
    return entry ? this.#unpacked.open(scan, entry) : new Map<string, FilesetRecord>()
  }

  #put (scan: string, { metadata, filesets, stamp, created, modified, faults }: { metadata: Metadata, filesets: Filesets, stamp: string, created: number, modified: number, faults: Fault[] }): void {
    this.#damaged.delete(scan)
    const entry: Entry = { summary: summarise({ id: scan, metadata, filesets, stamp, created, modified }), filesets, faults, stale: undefined, changes: 0 }
    this.#entries.set(scan, entry)
    this.#unpacked.open(scan, entry)
    this.changed = true
  }

  /**
   * Takes over what a write of this replica has made of a scan.
   * @param exact whether nobody else has written since the last time
   */
  absorb (scan: string, listing: Listing, touched: Touched, exact: boolean): void {
    const entry = this.#entries.get(scan)
    if (!exact || !entry || entry.stale !== undefined) {
      this.invalidate(scan)
      return
    }
    try {
      this.#absorb(scan, entry, listing, touched)
    } catch (error) {
      // It was written; what cannot be read of it is found out when somebody asks.
      if (!(error instanceof DamagedScan)) throw error
      this.invalidate(scan)
    }
  }

  #absorb (scan: string, { summary, faults }: Entry, listing: Listing, touched: Touched): void {
    const layout = layoutOf(this.#root)
    const filesets = this.filesets(scan)
    for (const [key, digest] of touched) absorbOne({ layout, scan, filesets, listing }, key, digest)
    this.#put(scan, {
      metadata: touched.has('') ? readScanMetadata(layout, scan) : summary.metadata,
      filesets,
      stamp: stampOfScan(layout, scan),
      created: look(layout.scan(scan))?.birthtimeMs ?? summary.created,
      modified: look(layout.listing(scan))?.mtimeMs ?? summary.modified,
      faults
    })
  }

  remove (scan: string): void {
    this.#entries.delete(scan)
    this.#unpacked.forget(scan)
    this.#damaged.delete(scan)
    this.changed = true
  }

  /** Marks what another replica has changed. @param touched files as `fileset/id`; undefined for everything */
  invalidate (scan: string, touched?: readonly string[]): void {
    const entry = this.#entries.get(scan) ?? { summary: summarise({ id: scan, metadata: {}, filesets: new Map(), stamp: '', created: 0, modified: 0 }), filesets: new Map(), faults: [], stale: undefined, changes: 0 }
    this.#entries.set(scan, entry)
    entry.changes++
    if (touched === undefined || entry.stale === 'all' || entry.summary.stamp === '') entry.stale = 'all'
    else entry.stale = new Set([...entry.stale ?? [], ...touched])
  }

  /** Begins with what an earlier run kept; only scans whose listing and metadata are still the same count. */
  async load (kept: readonly Kept[]): Promise<void> {
    for (const { summary, packed, faults } of kept) this.#entries.set(summary.id, { summary, filesets: packed, faults, stale: undefined, changes: 0 })
    await this.reconcile()
  }

  /** Compares the index with the folder: what is new, gone or changed. @param everything reads also what looks unchanged */
  async reconcile (everything = false): Promise<void> {
    const pace = createPace()
    this.#damaged.clear()
    const { present, misnamed } = await scansIn(this.#root)
    for (const name of misnamed) this.#damage(name, 'the name breaks the rule of names')
    for (const scan of this.#entries.keys()) if (!present.has(scan)) this.remove(scan)
    for (const scan of present) {
      if (everything || !this.#isCurrent(scan)) {
        this.invalidate(scan)
        await this.#settle(scan).catch((error: NodeJS.ErrnoException) => this.#damaged.set(scan, `cannot be read (${error.code})`))
      }
      await pace()
    }
  }

  /** What is kept on disk of it. */
  * kept (): Generator<Kept> {
    for (const { summary, filesets, faults, stale } of this.#entries.values()) {
      if (stale === undefined) yield { summary, packed: typeof filesets === 'string' ? filesets : pack(filesets), faults }
    }
  }

  /** Whether the scan in memory is the one on disk. */
  #isCurrent (scan: string): boolean {
    const entry = this.#entries.get(scan)
    if (!entry || entry.stale !== undefined) return false
    try {
      return look(layoutOf(this.#root).scan(scan))?.isDirectory() === true && stampOfScan(layoutOf(this.#root), scan) === entry.summary.stamp
    } catch {
      return false
    }
  }

  #damage (scan: string, reason: string): void {
    this.#entries.delete(scan)
    this.#unpacked.forget(scan)
    this.#damaged.set(scan, reason)
  }

  /** Reads a stale scan again; callers at the same moment wait for the same reading. */
  async #settle (scan: string): Promise<void> {
    while (this.#entries.get(scan)?.stale !== undefined) {
      const reading = this.#reading.get(scan) ?? this.#read(scan).finally(() => this.#reading.delete(scan))
      this.#reading.set(scan, reading)
      await reading
    }
  }

  async #read (scan: string): Promise<void> {
    const before = this.#entries.get(scan)
    if (before?.stale === undefined) return
    const { stale, changes } = before
    try {
      const read = await readScan(this.#root, scan, createPace(), stale === 'all' ? undefined : { filesets: this.filesets(scan), stale })
      // What was written while it was read may be missing in it: it is read once more.
      if (this.#entries.get(scan) === before && before.changes === changes) this.#put(scan, read)
    } catch (error) {
      if (!(error instanceof DamagedScan)) throw error
      if (this.#entries.get(scan) !== before || before.changes !== changes) return
      if (look(layoutOf(this.#root).scan(scan))) this.#damage(scan, error.message)
      else this.remove(scan)
    }
  }
}
