import type { Listing } from './listing.js'
import type { Placement, Removal } from './placement.js'

/** What a write concerned: '' is the scan's own metadata, `fileset` or `fileset/id` the rest; with the digest of new content. */
export type Touched = ReadonlyMap<string, string | undefined>

/** What a change does to a scan, decided on the scan as it is when its turn has come. */
export interface Plan {
  /** Changes the listing. Needed also where only content changes: `files.json` tells by its age that a scan changed. */
  list?: (listing: Listing) => void | Promise<void>
  /** Folders that must be there. */
  folders?: string[]
  place?: Placement[]
  remove?: Removal[]
  touched: Touched
  /** Called once the index knows of it. */
  counted?: () => void
}

/**
 * A change of a scan that waits for its turn. Throws from the catalogue to refuse.
 * @param again whether it was tried before and may have happened
 */
export type Change = (listing: Listing, again: boolean) => Plan | Promise<Plan>
