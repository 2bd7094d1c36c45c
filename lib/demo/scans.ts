import { cameraAt, colmapCamera } from './camera.js'
import { sampleCloud } from './cloud.js'
import { plantMesh, type Mesh } from './mesh.js'
import { photograph } from './picture.js'
import { growPlant } from './plant.js'
import { cloudPly, meshPly } from './ply.js'
import { species, type Species } from './species.js'
import { phyllotaxisOf, skeletonOf } from './traits.js'

export interface DemoFile {
  id: string
  /** Without the dot. */
  extension: string
  metadata?: Record<string, unknown>
  /** Makes its content, the same each time. */
  bytes: () => Promise<Buffer>
}

export interface DemoFileset {
  id: string
  metadata: Record<string, unknown>
  files: DemoFile[]
}

export interface DemoScan {
  id: string
  metadata: Record<string, unknown>
  filesets: DemoFileset[]
}

const PICTURES = 12
const POINTS = 2000
const middle = [0, 0, 125] as const
const workspace = { x: [-200, 200], y: [-200, 200], z: [0, 300] }

const json = (value: unknown) => async (): Promise<Buffer> => Buffer.from(`${JSON.stringify(value)}\n`)

/** The fileset that a task of PlantDB's analysis leaves: one file with the name of the task. */
const resultOf = (task: string, suffix: string, extension: string, params: Record<string, unknown>, bytes: () => Promise<Buffer>): DemoFileset => ({
  id: `${task}_${suffix}_demo`,
  metadata: { task_name: task, task_params: { fileset_id: '', scan_id: '', output_file_id: 'out', ...params } },
  files: [{ id: task, extension, bytes }]
})

function picture (mesh: Mesh, index: number): DemoFile {
  const camera = cameraAt(index / PICTURES, middle)
  const shot = String(index).padStart(5, '0')
  return {
    id: `${shot}_rgb`,
    extension: 'jpg',
    metadata: { channel: 'rgb', shot_id: shot, pose: camera.pose, colmap_camera: colmapCamera(camera) },
    bytes: () => photograph(mesh, camera)
  }
}

function demoScan ({ id, habit, acquired, object }: Species): DemoScan {
  const plant = growPlant(habit)
  const mesh = plantMesh(plant)
  const origin = {
    acquisition_date: acquired,
    object: { object: 'plant', experiment_id: 'demo', ...object },
    hardware: { camera: 'synthetic', frame: 'synthetic', sensor: 'RGB', id: 'demo' }
  }
  return {
    id,
    metadata: {
      ...origin,
      biologist: 'Demo',
      description: 'Synthetic data, made by a program: not a measured plant.',
      task_name: 'Scan',
      path: { id: `circular_${PICTURES}`, type: 'circular', args: { n_points: PICTURES } }
    },
    filesets: [
      // PlantDB takes these three members of a scan from its pictures when it reads it again.
      {
        id: 'images',
        metadata: { ...origin, channels: ['rgb'], task_name: 'Scan', workspace },
        files: Array.from({ length: PICTURES }, (_, i) => picture(mesh, i))
      },
      resultOf('PointCloud', '1_0_1_0_0_0', 'ply', { upstream_task: 'Voxels' }, async () => cloudPly(sampleCloud(mesh, POINTS, habit.seed))),
      resultOf('TriangleMesh', '9_most_connected_t', 'ply', { upstream_task: 'PointCloud' }, async () => meshPly(mesh)),
      resultOf('CurveSkeleton', '_TriangleMesh', 'json', { upstream_task: 'TriangleMesh' }, json(skeletonOf(plant))),
      resultOf('AnglesAndInternodes', '1_0_2_0_0_5', 'json', { upstream_task: 'TreeGraph' }, json(phyllotaxisOf(plant)))
    ]
  }
}

/**
 * Two small scans to look at, as an analysis with PlantDB leaves them. Pictures, cloud, mesh, skeleton and
 * measures of a scan come from one model of a plant, so they agree; lengths are in millimetres.
 */
export const demoScans = (): DemoScan[] => species.map(demoScan)
