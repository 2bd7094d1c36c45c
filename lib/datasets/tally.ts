import { visibilities, type ScanSummary, type Visibility } from './index-entry.js'

/** What the scans of one owner take: their number, and the bytes of all their metadata. */
export interface Usage { scans: number, metadata: number }

export const NO_USAGE: Readonly<Usage> = { scans: 0, metadata: 0 }

type Counted = Pick<ScanSummary, 'owner' | 'visibility' | 'metadataBytes'>

/** Counts of the scans in memory, kept up with every change, so that nobody has to go through them. */
export class Tally {
  readonly #owners = new Map<string | null, Usage>()
  readonly #visibilities = Object.fromEntries(visibilities.map(word => [word, 0])) as Record<Visibility, number>

  /** @param owner null for those that belong to nobody */
  of (owner: string | null): Readonly<Usage> {
    return this.#owners.get(owner) ?? NO_USAGE
  }

  /** How many there are of a visibility. */
  seen (visibility: Visibility): number {
    return this.#visibilities[visibility]
  }

  add (scan: Counted): void {
    this.#change(scan, 1)
  }

  remove (scan: Counted): void {
    this.#change(scan, -1)
  }

  #change ({ owner, visibility, metadataBytes }: Counted, sign: 1 | -1): void {
    const { scans, metadata } = this.of(owner)
    const usage = { scans: scans + sign, metadata: metadata + sign * metadataBytes }
    if (usage.scans === 0) this.#owners.delete(owner)
    else this.#owners.set(owner, usage)
    this.#visibilities[visibility] += sign
  }
}
