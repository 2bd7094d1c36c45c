import { Type, type Static } from '@sinclair/typebox'
import { Nullable, Page, Time, Words, ref } from '../http/schema.js'
import { visibilities } from './index-entry.js'
import { EXTENSION, NAME } from './names.js'
import { sorts } from './query.js'

const named = (description: string) => Type.String({ pattern: `^${NAME}$`, description })

export const ScanId = named('Letters, digits, `_`, `.` and `-`, no dot first, 200 at most')
export const FilesetId = named('As of scans; not `metadata`, `webcache` or the name of a file of the scan itself')
export const FileId = named('As of scans; the name of the file without its extension')
export const Extension = Type.String({ pattern: `^\\.?${EXTENSION}$`, description: 'With or without the dot' })
export const GroupNames = Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { uniqueItems: true, maxItems: 100 })
export const VisibilityWord = Words(visibilities, { description: '`private`: owner, groups and admins; `shared`: every account; `public`: guests, too' })
export const OwnerName = Type.String({ minLength: 1, maxLength: 64 })

/** Whatever PlantDB and its tools say of a scan, a fileset or a file. */
export const Metadata = Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true, description: 'Any JSON object' })

/** A scan; the counts are of its files. */
export const Scan = Type.Object({
  id: ScanId,
  owner: Nullable(Type.String()),
  groups: Type.Array(Type.String()),
  visibility: VisibilityWord,
  created: Time,
  last_modified: Time,
  filesets: Type.Integer(),
  files: Type.Integer(),
  bytes: Type.Integer(),
  thumbnail: Nullable(Type.String({ description: 'Path of a small picture' }))
}, { $id: 'Scan' })
export type Scan = Static<typeof Scan>

export const Fileset = Type.Object({
  id: FilesetId,
  scan: ScanId,
  files: Type.Integer(),
  bytes: Type.Integer(),
  created: Time,
  last_modified: Time
}, { $id: 'Fileset' })
export type Fileset = Static<typeof Fileset>

export const File = Type.Object({
  id: FileId,
  name: Type.String(),
  scan: ScanId,
  fileset: FilesetId,
  bytes: Type.Integer(),
  media_type: Type.String(),
  digest: Nullable(Type.String({ description: 'SHA-256 in base64; null in lists until somebody asked for the file' })),
  created: Time,
  last_modified: Time
}, { $id: 'File' })
export type File = Static<typeof File>

/** What a reading of the whole folder found. */
export const Refreshed = Type.Object({
  scans: Type.Integer(),
  faults: Type.Array(Type.Object({ path: Type.String({ description: 'Relative to the folder of the data sets' }), reason: Type.String() }))
}, { $id: 'Refreshed' })
export type Refreshed = Static<typeof Refreshed>

const Bounded = (description: string) => Type.Object({ used: Type.Integer(), most: Nullable(Type.Integer({ description: 'null where nothing bounds it' })) }, { description })

/** What an account has of what it may have. */
export const AccountUsage = Type.Object({
  scans: Bounded('Scans that it owns (`ACCOUNT_MAX_SCANS`)'),
  metadata: Bounded('Bytes of the metadata of these scans, their filesets and files (`ACCOUNT_MAX_METADATA`)'),
  uploads: Bounded('Unfinished uploads at the replica that answers (`ACCOUNT_MAX_UPLOADS`)')
}, { $id: 'AccountUsage' })
export type AccountUsage = Static<typeof AccountUsage>

export const ScanList = Type.Object({
  ...Page(ref(Scan)).properties,
  left_out: Type.Optional(Type.Array(Nullable(Type.String()), { description: 'Owners with so much metadata that a query was not through with all of their scans (`QUERY_TIMEOUT`); null for those of nobody. Absent where there are none' }))
})
export const FilesetList = Page(ref(Fileset))
export const FileList = Page(ref(File))

/** Query of the list of scans. */
export const ScanQuery = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 50 }),
  cursor: Type.Optional(Type.String({ maxLength: 1024 })),
  query: Type.Optional(Type.String({ maxLength: 8192, description: 'A JSON object that must be part of the metadata' })),
  fuzzy: Type.Boolean({ default: false, description: 'Texts of the query are regular expressions that values must begin with' }),
  sort: Words(sorts, { default: 'id', description: 'With a minus the greatest first' })
}, { additionalProperties: false })

/** What is said of an uploaded file beside its content; in a form also as fields. */
export const UploadQuery = Type.Object({
  id: Type.Optional(FileId),
  ext: Type.Optional(Extension),
  metadata: Type.Optional(Type.String({ maxLength: 8192, description: 'A JSON object' }))
}, { additionalProperties: false })

export const UploadHeaders = Type.Object({
  'content-digest': Type.Optional(Type.String({ maxLength: 1024, description: '`sha-256=:...:` of the body (RFC 9530); else 422' }))
})

export const ImageQuery = Type.Object({
  size: Type.Optional(Type.String({ maxLength: 16, description: '`thumb` (150), `large` (1500), `orig`, or pixels of the longest side' })),
  as_base64: Type.Boolean({ default: false })
}, { additionalProperties: false })

/** A picture for clients that take JSON only. */
export const Base64Image = Type.Object({ image: Type.String({ description: 'Base64' }), 'content-type': Type.String() })
