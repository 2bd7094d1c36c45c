import { Type, type Static, type TProperties } from '@sinclair/typebox'
import { LoginName, Password } from '../accounts/schema.js'
import { FileId, FilesetId, ScanId } from '../datasets/schema.js'
import { Words } from '../http/schema.js'

/** An object whose members are whatever PlantDB's tools have written. */
const Anything = Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true })

/** A body that may be left out; members that it does not name are ignored. */
export const OptionalBody = <T extends TProperties>(properties: T) =>
  Type.Unsafe<{ [K in keyof T]?: Static<T[K]> } | null>({ type: ['object', 'null'], properties })

export const OptionalMetadata = Type.Unsafe<Record<string, unknown> | null>({ type: ['object', 'null'], additionalProperties: true })
export const MetadataBody = Type.Object({ metadata: Anything })
export const ReplacingBody = Type.Object({ metadata: Anything, replace: Type.Optional(Type.Boolean({ description: 'Instead of setting single members' })) })

export const OfScan = Type.Object({ scan: ScanId })
export const OfFileset = Type.Object({ scan: ScanId, fileset: FilesetId })
export const OfFile = Type.Object({ scan: ScanId, fileset: FilesetId, file: FileId })

const Yes = (description: string) => Type.Optional(Type.String({ maxLength: 16, description: `${description}: \`true\`, \`1\` or \`yes\`` }))
const Query = Type.Optional(Type.String({ maxLength: 8192, description: 'A JSON object that must be part of the metadata' }))
const Fuzzy = Yes('Texts of the query are regular expressions that values must begin with')

export const FilterQuery = Type.Object({ filterQuery: Query, fuzzy: Fuzzy })
export const ListQuery = Type.Object({ query: Query, fuzzy: Fuzzy })
export const KeyQuery = Type.Object({ key: Type.Optional(Type.String({ maxLength: 1024, description: 'One member instead of all' })) })
export const RefreshQuery = Type.Object({ scan_id: Type.Optional(ScanId) })
export const PictureQuery = Type.Object({
  size: Type.Optional(Type.String({ maxLength: 16, description: '`thumb` (150), `large` (1500), `orig`, or pixels of the longest side' })),
  as_base64: Yes('As text in JSON')
})
export const ModelQuery = Type.Object({
  size: Type.Optional(Type.String({ maxLength: 32, description: '`preview` (a voxel of 1.8), `orig`, or the edge of a voxel; meshes are always `orig`' })),
  coords: Yes('As numbers in JSON')
})
const Points = Type.Array(Type.Array(Type.Number()))
const LeftOut = Type.Optional(Type.Integer({ description: 'Vertices with a coordinate that is no finite number, which are left out, with the triangles on them; absent if there are none' }))
export const Coordinates = Type.Object({ coordinates: Points, left_out: LeftOut })
export const Triangles = Type.Object({ vertices: Points, triangles: Type.Array(Type.Array(Type.Integer())), left_out: LeftOut })
export const sequences = ['all', 'angles', 'internodes', 'fruit_points', 'manual_angles', 'manual_internodes'] as const
export const SequenceQuery = Type.Object({ type: Words(sequences, { default: 'all' }) })
export const UsernameQuery = Type.Object({ username: LoginName })
export const PathHeaders = Type.Object({ 'x-file-path': Type.String({ minLength: 1, maxLength: 500, description: 'Where in the scan the file belongs' }) })

export const LoginBody = Type.Object({ username: LoginName, password: Password })
export const RefreshBody = Type.Object({ refresh_token: Type.String({ minLength: 1 }) })

export const Message = Type.Object({ message: Type.String() })
export const Created = Type.Object({ message: Type.String(), id: Type.String() })
export const MetadataAnswer = Type.Object({ metadata: Type.Unknown() })

export const PlantDBUser = Type.Object({ username: Type.String(), fullname: Type.String() })
export type PlantDBUser = Static<typeof PlantDBUser>
const pair = { access_token: Type.String(), refresh_token: Type.Optional(Type.String({ description: 'Absent with REFRESH_TOKENS=off' })) }
export const Tokens = Type.Object({ message: Type.String(), ...pair })
export type Tokens = Static<typeof Tokens>
export const LoggedIn = Type.Object({ message: Type.String(), user: PlantDBUser, ...pair })
export type LoggedIn = Static<typeof LoggedIn>
export const NewPlantDBToken = Type.Object({
  token_exp: Type.Unsafe<number | string>({ type: ['integer', 'string'], description: 'Seconds, a time or a date' }),
  datasets: Type.Record(Type.String(), Type.Array(Type.String({ maxLength: 32 }), { maxItems: 16 }), { description: 'Per glob of scan ids what is allowed: read, write, create, delete' })
})
export type NewPlantDBToken = Static<typeof NewPlantDBToken>
export const PlantDBToken = Type.Object({ message: Type.String(), api_token: Type.String(), 'expiration date': Type.String() })
export type PlantDBToken = Static<typeof PlantDBToken>
export const Validated = Type.Object({ message: Type.String(), user: PlantDBUser })
export const NameCheck = Type.Object({ username: Type.String(), exists: Type.Boolean() })

const Endpoints = Type.Record(Type.String(), Type.String())
export const Home = Type.Object({
  name: Type.String(),
  description: Type.String(),
  'plantdb.commons': Type.String(),
  'plantdb.server': Type.String(),
  'base endpoints': Endpoints,
  'authentication endpoints': Endpoints,
  'scans endpoints': Endpoints,
  'filesets endpoints': Endpoints,
  'files endpoints': Endpoints,
  'assets endpoints': Endpoints
})
export type Home = Static<typeof Home>
export const Health = Type.Object({
  status: Type.Literal('healthy'),
  message: Type.String(),
  database: Type.Object({ location: Type.String({ description: 'Name of the folder, not its path' }), scan_count: Type.Integer({ description: 'Scans that guests may read' }) })
})
export type Health = Static<typeof Health>

/** Where a camera stood; vectors and matrices as the scanner or COLMAP states them. */
export const Pose = Type.Object({ id: Type.String(), tvec: Type.Unknown(), rotmat: Type.Unknown(), photoUri: Type.String(), thumbnailUri: Type.String() })
export type Pose = Static<typeof Pose>

export const ScanInfo = Type.Object({
  id: Type.String(),
  metadata: Type.Object({
    date: Type.String(),
    species: Type.String(),
    plant: Type.String(),
    environment: Type.String(),
    nbPhotos: Type.Integer(),
    files: Type.Object({ metadata: Type.String(), archive: Type.String() })
  }),
  thumbnailUri: Type.String(),
  images: Type.Array(Type.String()),
  tasks_fileset: Type.Record(Type.String(), Type.String()),
  filesUri: Type.Record(Type.String(), Type.String()),
  isVirtual: Type.Boolean(),
  hasColmap: Type.Boolean(),
  hasPointCloud: Type.Boolean(),
  hasTriangleMesh: Type.Boolean(),
  hasCurveSkeleton: Type.Boolean(),
  hasTreeGraph: Type.Boolean(),
  hasAnglesAndInternodes: Type.Boolean(),
  hasAutomatedMeasures: Type.Boolean(),
  hasManualMeasures: Type.Boolean(),
  hasSegmentation2D: Type.Boolean(),
  hasPcdGroundTruth: Type.Boolean(),
  hasPointCloudEvaluation: Type.Boolean(),
  hasSegmentedPointCloud: Type.Boolean(),
  hasSegmentedPcdEvaluation: Type.Boolean(),
  error: Type.Boolean(),
  workspace: Type.Unknown(),
  camera: Type.Object({ model: Type.Optional(Type.Unknown()), poses: Type.Optional(Type.Array(Pose)) })
}, { $id: 'PlantDBScan' })
export type ScanInfo = Static<typeof ScanInfo>

const Values = Type.Array(Type.Unknown())
export const Sequence = Type.Object({
  angles: Values, internodes: Values, fruit_points: Values, manual_angles: Type.Optional(Values), manual_internodes: Type.Optional(Values)
})
export type Sequence = Static<typeof Sequence>
export const SequenceAnswer = Type.Unsafe<Sequence | unknown[]>({ anyOf: [Values, Sequence] })
export const Imported = Type.Object({ message: Type.String(), files: Type.Array(Type.String({ description: 'Relative to the scan' })) })
