import sharp from 'sharp'
import t from 'tap'
import { createImages } from '#lib/datasets/images.js'
import { EXTENSION, isFileId, isFilesetId, isFileName, isScanId } from '#lib/datasets/names.js'
import { createRandom } from '#lib/demo/random.js'
import { demoScans, type DemoFileset, type DemoScan } from '#lib/demo/scans.js'

type Point = [number, number, number]
interface Ply { points: Point[], colours: Point[], faces: number[][] }

// The demo is drawn in a process that also renders previews.
createImages({ concurrency: 1 })

const scans = demoScans()
const fileset = (scan: DemoScan, task: string): DemoFileset => scan.filesets.find(({ id }) => id.split('_')[0] === task)!
const content = async (scan: DemoScan, task: string): Promise<string> => (await fileset(scan, task).files[0]!.bytes()).toString()
const json = async (scan: DemoScan, task: string): Promise<any> => JSON.parse(await content(scan, task))

const ply = async (scan: DemoScan, task: string): Promise<Ply> => {
  const [head, body] = (await content(scan, task)).split('end_header\n') as [string, string]
  const count = (element: string): number => Number(new RegExp(`^element ${element} (\\d+)$`, 'm').exec(head)?.[1] ?? 0)
  const rows = body.trimEnd().split('\n').map(line => line.split(' ').map(Number))
  t.ok(head.startsWith('ply\nformat ascii 1.0\n'))
  t.equal(rows.length, count('vertex') + count('face'))
  const vertices = rows.slice(0, count('vertex'))
  return { points: vertices.map(row => row.slice(0, 3) as Point), colours: vertices.map(row => row.slice(3) as Point), faces: rows.slice(count('vertex')) }
}

const box = (points: Point[]): Array<[number, number]> =>
  [0, 1, 2].map(axis => [Math.min(...points.map(point => point[axis]!)), Math.max(...points.map(point => point[axis]!))])
const isWithin = (point: Point, bounds: Array<[number, number]>): boolean =>
  point.every((value, axis) => value >= bounds[axis]![0] && value <= bounds[axis]![1])
const minus = (a: Point, b: Point): Point => [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
const dot = (a: Point, b: Point): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
const cross = (a: Point, b: Point): Point => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
const near = (found: number, wanted: number, by: number): boolean => Math.abs(found - wanted) <= by

t.test('there are two scans, and all ids follow the rules', async t => {
  t.strictSame(scans.map(({ id }) => id), ['demo_arabidopsis', 'demo_maize'])
  for (const { id, filesets } of scans) {
    t.ok(isScanId(id))
    t.strictSame(filesets.map(fileset => fileset.id), ['images', 'PointCloud_1_0_1_0_0_0_demo', 'TriangleMesh_9_most_connected_t_demo', 'CurveSkeleton__TriangleMesh_demo', 'AnglesAndInternodes_1_0_2_0_0_5_demo'])
    for (const { id, files } of filesets) {
      t.ok(isFilesetId(id), id)
      t.equal(new Set(files.map(file => file.id)).size, files.length)
      for (const { id, extension } of files) t.ok(isFileId(id) && isFileName(`${id}.${extension}`) && new RegExp(`^${EXTENSION}$`).test(extension), id)
    }
  }
})

t.test('scans and filesets say what they are, as PlantDB\'s do', async t => {
  for (const scan of scans) {
    t.match(scan.metadata, { acquisition_date: /^2026-\d\d-\d\d \d\d:\d\d:\d\d$/, object: { species: /^[A-Z]/, plant_id: /^demo_/, environment: /./ }, hardware: { camera: /./ }, biologist: /./ })
    t.match(fileset(scan, 'images').metadata, { object: scan.metadata['object'], hardware: scan.metadata['hardware'], acquisition_date: scan.metadata['acquisition_date'], workspace: { x: [Number, Number] } })
    for (const { id, metadata, files } of scan.filesets.slice(1)) {
      const task = id.split('_')[0]!
      t.match(metadata, { task_name: task, task_params: { upstream_task: String } })
      t.equal(files[0]!.id, task, 'where scan-info looks for it')
    }
    t.strictSame(JSON.parse(JSON.stringify(scan.filesets.map(({ metadata }) => metadata))), scan.filesets.map(({ metadata }) => metadata))
  }
})

t.test('it is the same each time', async t => {
  const all = async (): Promise<Buffer[]> => Promise.all(demoScans().flatMap(scan => scan.filesets.flatMap(({ files }) => files.map(file => file.bytes()))))
  t.equal(Buffer.compare(Buffer.concat(await all()), Buffer.concat(await all())), 0)
  const [one, same, other] = [createRandom(7), createRandom(7), createRandom(8)]
  const numbers = Array.from({ length: 1000 }, () => one())
  t.strictSame(numbers, Array.from({ length: 1000 }, () => same()))
  t.not(numbers[0], other())
  t.ok(numbers.every(value => value >= 0 && value < 1) && near(numbers.reduce((a, b) => a + b) / 1000, 0.5, 0.05))
})

t.test('pictures are photographs, all different', async t => {
  for (const scan of scans) {
    const { files } = fileset(scan, 'images')
    const pictures = await Promise.all(files.map(file => file.bytes()))
    t.equal(pictures.length, 12)
    t.equal(new Set(pictures.map(picture => picture.toString('base64'))).size, 12)
    for (const picture of pictures) t.match(await sharp(picture).metadata(), { format: 'jpeg', width: 640, height: 480 })
    for (const [i, { metadata }] of files.entries()) {
      t.match(metadata, { channel: 'rgb', shot_id: String(i).padStart(5, '0'), colmap_camera: { camera_model: { model: 'OPENCV', width: 640, height: 480 } } })
      t.equal((metadata!['pose'] as number[]).length, 5)
    }
  }
})

t.test('the cameras are where their poses say, and see the plant where it is', async t => {
  for (const scan of scans) {
    const { points } = await json(scan, 'CurveSkeleton') as { points: Point[] }
    for (const { metadata, bytes } of fileset(scan, 'images').files) {
      const { rotmat, tvec, camera_model: { params: [fx, fy, cx, cy] } } = metadata!['colmap_camera'] as { rotmat: [Point, Point, Point], tvec: Point, camera_model: { params: [number, number, number, number] } }
      const [right, down, ahead] = rotmat
      for (const [row, other, product] of [[right, right, 1], [down, down, 1], [ahead, ahead, 1], [right, down, 0], [down, ahead, 0]] as const) t.ok(near(dot(row, other), product, 1e-9))
      t.ok(near(dot(cross(right, down), ahead), 1, 1e-9), 'a rotation, no reflection')
      const [x, y, z] = metadata!['pose'] as Point
      for (const [axis, row] of rotmat.entries()) t.ok(near(dot(row, [x, y, z]) + tvec[axis]!, 0, 0.01), 'the camera itself is at its origin')

      const pixels = await sharp(await bytes()).raw().toBuffer()
      const hits = points.filter(point => {
        const [u, v, depth] = rotmat.map((row, axis) => dot(row, point) + tvec[axis]!) as Point
        const [column, line] = [Math.round(fx * u / depth + cx), Math.round(fy * v / depth + cy)]
        const [red, green, blue] = pixels.subarray((line * 640 + column) * 3)
        return column >= 0 && column < 640 && line >= 0 && line < 480 && green! > red! && green! > blue! + 15
      })
      t.ok(hits.length > 0.8 * points.length, `${hits.length} of ${points.length} points of the skeleton are green`)
    }
  }
})

t.test('the cloud, the mesh and the skeleton are the same plant', async t => {
  for (const scan of scans) {
    const [cloud, mesh, skeleton] = [await ply(scan, 'PointCloud'), await ply(scan, 'TriangleMesh'), await json(scan, 'CurveSkeleton')]
    const { workspace } = fileset(scan, 'images').metadata as { workspace: Record<string, [number, number]> }
    t.equal(cloud.points.length, 2000)
    t.strictSame(box(cloud.points), box(mesh.points))
    t.ok(cloud.points.every(point => isWithin(point, [workspace['x']!, workspace['y']!, workspace['z']!])))
    t.ok(skeleton.points.every((point: Point) => isWithin(point, box(cloud.points))))
    t.ok(cloud.colours.every(colour => colour.length === 3 && colour.every(part => Number.isInteger(part) && part >= 0 && part < 256)))
  }
})

t.test('the mesh has only triangles with an area', async t => {
  for (const scan of scans) {
    const { points, faces } = await ply(scan, 'TriangleMesh')
    t.ok(faces.length > 100)
    for (const [count, ...corners] of faces) {
      const [a, b, c] = corners.map(corner => points[corner]!) as [Point, Point, Point]
      if (count !== 3 || corners.length !== 3 || !a || !b || !c || Math.hypot(...cross(minus(b, a), minus(c, a))) < 1e-3) t.fail(`face ${corners.join(' ')}`)
    }
  }
})

t.test('the skeleton is one tree', async t => {
  for (const scan of scans) {
    const { points, lines } = await json(scan, 'CurveSkeleton') as { points: Point[], lines: Array<[number, number]> }
    t.equal(lines.length, points.length - 1)
    const reached = new Set([0])
    for (let before = 0; before < reached.size;) {
      before = reached.size
      for (const [a, b] of lines) if (reached.has(a) || reached.has(b)) reached.add(a).add(b)
    }
    t.equal(reached.size, points.length)
  }
})

t.test('angles and internodes are those of the organs', async t => {
  const kinds: Array<[DemoScan, number, number, number]> = [[scans[0]!, 14, 137.5, 10], [scans[1]!, 9, 180, 12]]
  for (const [scan, organs, divergence, by] of kinds) {
    const { angles, internodes, fruit_points: points } = await json(scan, 'AnglesAndInternodes') as { angles: number[], internodes: number[], fruit_points: Point[][] }
    t.strictSame([points.length, internodes.length, angles.length], [organs, organs - 1, organs - 1])
    for (const [i, internode] of internodes.entries()) {
      const [below, above] = [points[i]!, points[i + 1]!]
      t.ok(near(Math.hypot(...minus(above[0]!, below[0]!)), internode, 0.01), 'from node to node')
      const [from, to] = [minus(below.at(-1)!, below[0]!), minus(above.at(-1)!, above[0]!)]
      const turned = Math.atan2(to[1], to[0]) - Math.atan2(from[1], from[0])
      t.ok(near(((turned + 4 * Math.PI) % (2 * Math.PI)), angles[i]!, 0.01), 'as the leaves point')
      t.ok(near(angles[i]! * 180 / Math.PI, divergence, by))
    }
    const skeleton = new Set((await json(scan, 'CurveSkeleton')).points.map((point: Point) => point.join()))
    t.ok(points.flat().every(point => skeleton.has(point.join())), 'and lie on the skeleton')
  }
})
