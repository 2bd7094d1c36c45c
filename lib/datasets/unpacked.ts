import type { Filesets } from './index-entry.js'
import { pack, unpack } from './packed.js'

/** Something that holds the filesets of a scan, as they are or packed. */
export interface Packable { filesets: Filesets | string }

/** How many scans are kept unpacked. */
const MOST = 256

/** The scans that were used last, unpacked; all others take a small part of the memory. */
export class Unpacked {
  readonly #latest = new Map<string, Packable>()

  /** The filesets of a scan, which is now the one that was used last. */
  open (scan: string, entry: Packable): Filesets {
    const filesets = typeof entry.filesets === 'string' ? unpack(entry.filesets) : entry.filesets
    entry.filesets = filesets
    this.#latest.delete(scan)
    this.#latest.set(scan, entry)
    if (this.#latest.size > MOST) this.#packOldest()
    return filesets
  }

  forget (scan: string): void {
    this.#latest.delete(scan)
  }

  #packOldest (): void {
    const [scan, entry] = this.#latest.entries().next().value!
    this.#latest.delete(scan)
    if (typeof entry.filesets !== 'string') entry.filesets = pack(entry.filesets)
  }
}
