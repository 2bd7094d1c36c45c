import type { Filesets } from './index-entry.js'
import { pace } from './pace.js'
import { packing, unpack, unpackInto, type Packed } from './packed.js'

/** Something that holds the filesets of a scan, as they are or packed. */
export interface Packable { filesets: Filesets | Packed }

/** How many scans are kept unpacked. */
const MOST = 256

export const isPacked = (filesets: Filesets | Packed): filesets is Packed => Array.isArray(filesets)

/** The scans that were used last, unpacked; all others take a small part of the memory. */
export class Unpacked {
  readonly #latest = new Map<string, Packable>()

  /** The filesets of a scan, which is now the one that was used last. */
  open (scan: string, entry: Packable): Filesets {
    const filesets = isPacked(entry.filesets) ? unpack(entry.filesets) : entry.filesets
    entry.filesets = filesets
    this.#latest.delete(scan)
    this.#latest.set(scan, entry)
    if (this.#latest.size > MOST) void this.#packOldest()
    return filesets
  }

  /** Gets a scan ready to be opened: one with many files takes long, and lets other work through meanwhile. */
  async prepare (entry: Packable): Promise<void> {
    const packed = entry.filesets
    if (!isPacked(packed) || packed.length < 2) return
    const filesets: Filesets = new Map()
    for (const part of packed) {
      unpackInto(filesets, part)
      await pace()
    }
    // Somebody else may have been faster.
    if (entry.filesets === packed) entry.filesets = filesets
  }

  forget (scan: string): void {
    this.#latest.delete(scan)
  }

  async #packOldest (): Promise<void> {
    const [scan, entry] = this.#latest.entries().next().value!
    this.#latest.delete(scan)
    const { filesets } = entry
    if (isPacked(filesets)) return
    const packed: Packed = []
    for (const part of packing(filesets)) {
      packed.push(part)
      await pace()
    }
    // Whoever uses it again meanwhile may change it.
    if (this.#latest.get(scan) !== entry && entry.filesets === filesets) entry.filesets = packed
  }
}
