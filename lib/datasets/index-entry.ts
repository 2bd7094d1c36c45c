import type { ListedFile } from './listing.js'
import { packMetadata, unpackMetadata, type PackedMetadata } from './packed-metadata.js'

export type Metadata = Record<string, unknown>

export const visibilities = ['private', 'shared', 'public'] as const
export type Visibility = typeof visibilities[number]

/** A file as the index knows it. Times are milliseconds since the epoch, `digest` is base64 of its SHA-256 once somebody asked. */
export interface FileRecord extends ListedFile { bytes: number, created: number, modified: number, digest?: string }

export interface FilesetRecord { id: string, created: number, modified: number, files: Map<string, FileRecord> }

export type Filesets = Map<string, FilesetRecord>

/** What the index knows of a scan without looking at its filesets. */
export interface ScanSummary {
  id: string
  /** Made anew each time that it is asked for. */
  readonly metadata: Metadata
  packed: PackedMetadata
  owner: string | null
  /** The full name of who made it, as the metadata say. */
  creator: string | null
  groups: readonly string[]
  visibility: Visibility
  /** Milliseconds since the epoch. */
  created: number
  modified: number
  filesets: number
  files: number
  bytes: number
  /** Of its own metadata. */
  metadataBytes: number
  /** Fileset and file that stand for the scan. */
  thumbnail: [fileset: string, file: string] | null
  /** Tells one version of `files.json` and `metadata.json` from another. */
  stamp: string
}

const NOBODY = 'guest'

const wordsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
}

/** Who may do what with a scan, out of its metadata. What is not stated, or makes no sense, opens nothing beyond PlantDB's own rules. */
export function accessIn (metadata: Metadata): Pick<ScanSummary, 'owner' | 'groups' | 'visibility'> {
  const { owner, sharing, visibility } = metadata
  return {
    // Scans that PlantDB has made for nobody belong to its guest.
    owner: typeof owner === 'string' && owner !== '' && owner !== NOBODY ? owner : null,
    groups: wordsIn(sharing),
    visibility: visibility === undefined ? 'shared' : visibilities.find(known => known === visibility) ?? 'private'
  }
}

const image = /\.(jpe?g|png|tiff?|webp|gif)$/i

const firstImage = (filesets: Filesets): [string, string] | null => {
  for (const { id, files } of [filesets.get('images'), ...filesets.values()].filter(fileset => fileset !== undefined)) {
    for (const file of files.values()) if (image.test(file.name)) return [id, file.id]
  }
  return null
}

const timeIn = (value: unknown): number => {
  // PlantDB writes no zone; the server's is meant, and UTC is the best that is known of it.
  if (typeof value !== 'string') return NaN
  return Date.parse(/[T ]\d\d:\d\d/.test(value) && !/(Z|[+-]\d\d:?\d\d)$/.test(value) ? `${value.replace(' ', 'T')}Z` : value)
}

/** What is kept of a scan beside its metadata. */
export type ScanFacts = Omit<ScanSummary, 'metadata' | 'packed'>

export const summaryOf = (facts: ScanFacts, packed: PackedMetadata): ScanSummary =>
  ({ ...facts, packed, get metadata () { return unpackMetadata(packed) } })

/** The facts without the metadata, which would be unpacked for nothing. */
export const factsOf = ({ id, owner, creator, groups, visibility, created, modified, filesets, files, bytes, metadataBytes, thumbnail, stamp }: ScanSummary): ScanFacts =>
  ({ id, owner, creator, groups, visibility, created, modified, filesets, files, bytes, metadataBytes, thumbnail, stamp })

/** What the index takes from the metadata of a scan; the times are NaN where they say nothing of it. */
export type Described = Pick<ScanSummary, 'owner' | 'groups' | 'visibility' | 'creator' | 'created' | 'modified' | 'packed'>

export const describe = (metadata: Metadata): Described => ({
  ...accessIn(metadata),
  creator: typeof metadata.created_by === 'string' ? metadata.created_by : null,
  created: timeIn(metadata.created),
  modified: timeIn(metadata.last_modified),
  packed: packMetadata(metadata)
})

interface Read { id: string, described: Described, /** Bytes of its metadata on the disk. */ metadataBytes: number, filesets: Filesets, stamp: string, /** Of the scan's folder. */ created: number, /** Of files.json. */ modified: number }

/** Sums a scan up. */
export function summarise ({ id, described, metadataBytes, filesets, stamp, created, modified }: Read): ScanSummary {
  let files = 0
  let bytes = 0
  for (const fileset of filesets.values()) {
    files += fileset.files.size
    for (const file of fileset.files.values()) bytes += file.bytes
  }
  const { owner, groups, visibility, creator, packed } = described
  return summaryOf({
    id,
    owner,
    groups,
    visibility,
    creator,
    created: described.created || created,
    modified: Math.max(modified, described.modified || 0),
    filesets: filesets.size,
    files,
    bytes,
    metadataBytes,
    thumbnail: firstImage(filesets),
    stamp
  }, packed)
}
