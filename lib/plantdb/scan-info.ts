import type { FileRecord, Metadata } from '../datasets/index-entry.js'
import type { ScanView } from '../datasets/views.js'
import { membersOf } from './read-json.js'
import type { Pose, ScanInfo } from './schema.js'
import { resultOf, tasksOf } from './tasks.js'

const IMAGES = 'images'

/** Members that say whether a task has left the file of its name. */
const outcomes = {
  hasPointCloud: 'PointCloud',
  hasTriangleMesh: 'TriangleMesh',
  hasCurveSkeleton: 'CurveSkeleton',
  hasTreeGraph: 'TreeGraph',
  hasAnglesAndInternodes: 'AnglesAndInternodes',
  hasAutomatedMeasures: 'AnglesAndInternodes',
  hasPcdGroundTruth: 'PointCloudGroundTruth',
  hasPointCloudEvaluation: 'PointCloudEvaluation',
  hasSegmentedPointCloud: 'SegmentedPointCloud',
  hasSegmentedPcdEvaluation: 'SegmentedPointCloudEvaluation'
} as const

const shown = { pointCloud: 'PointCloud', mesh: 'TriangleMesh', skeleton: 'CurveSkeleton', tree: 'TreeGraph' } as const

const given = (value: unknown): string => typeof value === 'string' && value !== '' ? value : 'N/A'

/** An image with its metadata. */
interface Image { file: FileRecord, metadata: Metadata }

async function imagesOf (view: ScanView): Promise<Image[]> {
  const images: Image[] = []
  for (const file of view.filesets.get(IMAGES)?.files.values() ?? []) {
    images.push({ file, metadata: await view.members(['channel', 'colmap_camera'], IMAGES, file.id) })
  }
  return images
}

/** @param prefix stands before every path @returns makes the paths of a scan */
const paths = (prefix: string, scan: string) => ({
  image: (file: string, size: string): string => `${prefix}/image/${scan}/${IMAGES}/${file}?size=${size}`,
  file: (path: string): string => `${prefix}/files/${scan}/${path}`,
  archive: `${prefix}/archive/${scan}`
})
type ScanPaths = ReturnType<typeof paths>

function cameraOf (images: readonly Image[], { image }: ScanPaths): ScanInfo['camera'] {
  const first = images[0]?.metadata.colmap_camera
  if (first === undefined) return {}
  // A picture that was added after the reconstruction has none.
  const poses = images.filter(({ metadata }) => metadata.channel === 'rgb').flatMap(({ file: { id }, metadata }): Pose[] => {
    const { tvec, rotmat } = membersOf(metadata.colmap_camera)
    return tvec === undefined || rotmat === undefined ? [] : [{ id, tvec, rotmat, photoUri: image(id, 'orig'), thumbnailUri: image(id, 'thumb') }]
  })
  return { model: membersOf(first).camera_model ?? null, poses }
}

/** A scan as PlantDB's clients see it. @param prefix of the paths to parts of it @throws `too_expensive` */
export async function scanInfo (view: ScanView, prefix: string): Promise<ScanInfo> {
  const { summary } = view
  await view.prepare()
  const { object, acquisition_date: acquired } = await view.own(['object', 'acquisition_date'])
  const path = paths(prefix, summary.id)
  const tasks = tasksOf(view)
  const images = await imagesOf(view)
  const photos = images.filter(({ metadata }) => metadata.channel === 'rgb').map(({ file }) => file.name)
  const { species, environment, plant_id: plant } = membersOf(object)
  const has = Object.fromEntries(Object.entries(outcomes).map(([member, task]) => [member, resultOf(view, tasks, task) !== undefined])) as Record<keyof typeof outcomes, boolean>
  const { workspace = {} } = await view.members(['workspace'], IMAGES)
  const uris = Object.entries(shown).map(([member, task]) => [member, resultOf(view, tasks, task), tasks[task]] as const)
  return {
    id: summary.id,
    metadata: {
      date: typeof acquired === 'string' ? acquired : new Date(summary.created).toISOString().slice(0, 19).replace('T', ' '),
      species: given(species),
      plant: given(plant),
      environment: given(environment),
      nbPhotos: photos.length,
      files: { metadata: path.file('metadata/metadata.json'), archive: path.archive }
    },
    thumbnailUri: images[0] ? path.image(images[0].file.id, 'thumb') : '',
    images: photos,
    tasks_fileset: tasks,
    filesUri: Object.fromEntries(uris.flatMap(([member, file, fileset]) => file ? [[member, path.file(`${fileset}/${file.name}`)]] : [])),
    isVirtual: Object.hasOwn(tasks, 'VirtualPlant'),
    hasColmap: resultOf(view, tasks, 'Colmap', 'cameras') !== undefined,
    ...has,
    hasManualMeasures: view.holds('measures.json'),
    hasSegmentation2D: Object.hasOwn(tasks, 'Segmentation2D'),
    error: false,
    workspace: workspace ?? {},
    camera: cameraOf(images, path)
  }
}
