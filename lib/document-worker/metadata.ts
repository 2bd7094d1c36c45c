import type { DocumentBudget } from '../datasets/document-budget.js'
import { documentIn, NOTHING } from '../datasets/format/document.js'
import { metadataText, rewrittenMetadata } from '../datasets/format/metadata-text.js'
import { omit, pick } from '../datasets/format/protected-members.js'
import { metadataWithin, readScanDocument } from '../datasets/format/scan-metadata.js'
import { describe, type Described, type Metadata } from '../datasets/index-entry.js'
import { layoutOf, type Place } from '../datasets/layout.js'
import type { Fault } from '../datasets/listing.js'
import { mergePatch } from '../datasets/merge-patch.js'
import { etagOf } from '../http/etag.js'
import { parseExact } from '../json/exact.js'
import { strictJson } from '../json/read.js'
import { memberIn } from '../json/scan.js'

const membersIn = (text: string): Metadata => parseExact(text) as Metadata

interface Reading { root: string, place: Place, budget: DocumentBudget }

/** Metadata as they are stored, and their entity tag. */
export interface Stored { text: string, etag: string }

/** @throws OverBudget, DamagedScan */
export function readStored ({ root, place, budget }: Reading): Stored {
  const layout = layoutOf(root)
  const { text } = place.fileset === undefined ? readScanDocument(layout, place.scan, budget) : documentIn(root, layout.metadata(place), 'metadata', budget) ?? NOTHING
  return { text, etag: etagOf(text) }
}

/** The same for clients. @param member one member instead of all; `{}` if there is none of that name */
export function readShown ({ member, ...reading }: Reading & { member: string | undefined }): Stored {
  const { text, etag } = readStored(reading)
  const shown = strictJson(text)
  return { text: member === undefined ? shown : memberIn(shown, member) ?? '{}', etag }
}

/** How metadata change: another object in their place, members set as they are given, or RFC 7396. */
const ways = {
  replace: (_present: Metadata, given: Metadata): Metadata => given,
  assign: (present: Metadata, given: Metadata): Metadata => ({ ...present, ...given }),
  merge: (present: Metadata, given: Metadata): Metadata => mergePatch(present, given) as Metadata
}
export type Way = keyof typeof ways

/**
 * @property present the stored text @property given a JSON text @property kept members that stay whatever is given
 * @property added members that are set last @property keepsShown whether what says the same as was read stays as it was written
 */
interface Rewriting { present: string, given: string, way: Way, kept: readonly string[], added: Metadata, budget: DocumentBudget, keepsShown: boolean }

/** What metadata have become, and what clients are shown of it. */
export interface Rewritten extends Stored { shown: string }

/** @throws `metadata_too_large` */
export function rewriteStored ({ present, given, way, kept, added, budget, keepsShown }: Rewriting): Rewritten {
  const before = membersIn(present)
  const value = { ...ways[way](before, omit(membersIn(given), kept)), ...pick(before, kept), ...added }
  const text = rewrittenMetadata(present, value, budget, { keepsShown })
  return { text, etag: etagOf(text), shown: strictJson(text) }
}

/** The text of new metadata. @property first members that what is given replaces @throws `metadata_too_large` */
export const composeMetadata = ({ given, kept, added, budget }: { given: string, kept: readonly string[], added: Metadata, budget: DocumentBudget }): string =>
  metadataText({ ...omit(membersIn(given), kept), ...added }, budget)

/** What the index keeps of the metadata of a scan. @throws DamagedScan */
export function describeScan ({ root, scan, budget }: { root: string, scan: string, budget: DocumentBudget }): { described: Described, faults: Fault[] } {
  const { metadata, faults } = metadataWithin(layoutOf(root), scan, budget)
  return { described: describe(metadata), faults }
}

/** The first names of groups that a document shares its scan with. */
export const sharingIn = ({ text, most }: { text: string, most: number }): string[] => {
  const { sharing } = membersIn(text)
  return Array.isArray(sharing) ? [...new Set(sharing.filter(name => typeof name === 'string'))].slice(0, most) : []
}

/** Metadata that came in an archive, with members that they may have themselves, and such that they may not. @throws `metadata_too_large` */
export function adoptMetadata ({ text, first, last, budget }: { text: string, first: Metadata, last: Metadata, budget: DocumentBudget }): string {
  const { sharing: _sharing, ...given } = membersIn(text)
  return rewrittenMetadata(text, { ...first, ...given, ...last }, budget)
}
