import { parseExact } from '../../json/exact.js'
import { rewriteJson } from '../../json/rewrite.js'
import { OverBudget, type DocumentBudget } from '../document-budget.js'
import type { Metadata } from '../index-entry.js'
import type { Layout } from '../layout.js'
import { DamagedScan, type Fault } from '../listing.js'
import { documentIn, NOTHING, type Document } from './document.js'

/** PlantDB keeps these with the fileset of the pictures, and shows them as the scan's. */
const ofImages = ['object', 'hardware', 'acquisition_date'] as const

/**
 * The metadata of a scan. What PlantDB keeps in `images.json` fills in what is missing.
 * @throws DamagedScan: without its metadata nobody knows who may see the scan; OverBudget
 */
export function readScanDocument (layout: Layout, scan: string, budget: DocumentBudget): Document {
  const own = documentIn(layout.root, layout.metadata({ scan }), 'metadata/metadata.json', budget) ?? NOTHING
  if (ofImages.every(key => key in own.value)) return own
  let images = NOTHING
  try {
    images = documentIn(layout.root, layout.metadata({ scan, fileset: 'images' }), 'metadata/images.json', budget) ?? NOTHING
  } catch (error) {
    if (!(error instanceof DamagedScan)) throw error
  }
  const missing = ofImages.filter(key => !(key in own.value) && key in images.value)
  return missing.length === 0 ? own : filledIn(own, images, missing)
}

/** A document with members of another one. */
function filledIn (own: Document, other: Document, keys: readonly string[]): Document {
  const withKeys = (own: Metadata, other: Metadata): Metadata => ({ ...own, ...Object.fromEntries(keys.map(key => [key, other[key]])) })
  const [ownExact, otherExact] = [own, other].map(({ text }) => parseExact(text) as Metadata) as [Metadata, Metadata]
  return { text: rewriteJson(own.text, withKeys(ownExact, otherExact)), value: withKeys(own.value, other.value) }
}

/** The value of the metadata of a scan. Throws as `readScanDocument` does. */
export const readScanMetadata = (layout: Layout, scan: string, budget: DocumentBudget): Metadata => readScanDocument(layout, scan, budget).value

/** What stands for metadata of a scan that are over their budget: as nobody knows who may see it, only admins do. */
const UNREAD: Metadata = { visibility: 'private' }

/** The same, or what stands for metadata over their budget, with that as a fault. @throws DamagedScan */
export function metadataWithin (layout: Layout, scan: string, budget: DocumentBudget): { metadata: Metadata, faults: Fault[] } {
  try {
    return { metadata: readScanMetadata(layout, scan, budget), faults: [] }
  } catch (error) {
    if (!(error instanceof OverBudget)) throw error
    return { metadata: UNREAD, faults: [{ path: `${scan}/metadata/metadata.json`, reason: error.message, isThere: true }] }
  }
}
