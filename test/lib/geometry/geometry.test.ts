import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { createGeometry } from '#lib/geometry/geometry.js'
import { PlyError } from '#lib/geometry/ply-error.js'
import { readCloud } from '#lib/geometry/ply.js'
import { bytes, element, file, points, randomCloud } from './craft.js'

const binary = 'binary_little_endian'
const root = fileURLToPath(new URL('../../..', import.meta.url))
const most = 100_000_000

// One for all: tap's loaders make each worker start slowly.
const geometry = createGeometry({ most })
t.teardown(geometry.close)

const point = (): Buffer => file('ascii', points(1), '1 2 3')
const POINT = '{"coordinates":[[1,2,3]]}'

t.test('a cloud and a mesh as JSON, and a smaller cloud', async t => {
  t.equal(String(await geometry.coordinates(file('ascii', points(2), '1 2 3 0.5 0 -1'))), '{"coordinates":[[1,2,3],[0.5,0,-1]]}')
  const mesh = file(binary, [...points(3, 'double'), ...element('face', 1, 'list uchar int vertex_indices')], bytes('double', 0, 0, 0, 1, 0, 0, 0, 1, 0), Buffer.from([3]), bytes('int', 0, 1, 2))
  t.equal(String(await geometry.mesh(mesh)), '{"vertices":[[0,0,0],[1,0,0],[0,1,0]],"triangles":[[0,1,2]]}')
  const colours = element('vertex', 3, 'float x', 'float y', 'float z', 'uchar red', 'uchar green', 'uchar blue')
  const small = readCloud(await geometry.downSample(file('ascii', colours, '0 0 0 10 10 10 0.5 0 0 20 20 20 5 0 0 7 8 9'), 1.8))
  t.same([...small.points], [0.25, 0, 0, 5, 0, 0])
  t.same([...small.colours!], [15, 15, 15, 7, 8, 9])
})

t.test('what is wrong with a file comes back as a PlyError, and the worker goes on', async t => {
  for (const ask of [geometry.coordinates, geometry.mesh, async (data: Buffer) => geometry.downSample(data, 1)]) {
    const error = await ask(file('ascii', points(1), '1 2')).catch((error: unknown) => error)
    t.ok(error instanceof PlyError)
    t.match(error, { name: 'PlyError', message: 'The file ends before all that its header announces.' })
  }
  await t.rejects(geometry.downSample(point(), 0), { name: 'PlyError', message: /positive/ })
  t.equal(String(await geometry.coordinates(point())), POINT)
})

t.test('a file is read when it is its turn', async t => {
  const handle = await open(join(t.testdir({ 'cloud.ply': point() }), 'cloud.ply'))
  t.teardown(() => handle.close())
  const { size } = await handle.stat()
  t.equal(String(await geometry.coordinates({ bytes: size, read: async () => handle.readFile() })), POINT)
  await t.rejects(geometry.coordinates({ bytes: 1, read: async () => { throw new Error('gone') } }), { message: 'gone' })
})

t.test('a file that is too large is not read', async t => {
  const tooLarge = { name: 'PlyError', message: 'The file is larger than is read.' }
  t.ok(await geometry.coordinates({ bytes: most, read: async () => point() }))
  await t.rejects(geometry.mesh({ bytes: most + 1, read: async () => t.fail('it was read') as never }), tooLarge)
  await t.rejects(geometry.coordinates(Buffer.alloc(most + 1)), tooLarge)
  await t.rejects(geometry.mesh({ bytes: 1, read: async () => Buffer.alloc(most + 1) }), tooLarge, 'nor used if it has grown')
})

t.test('bytes that share their memory are copied, others are handed over', async t => {
  const data = point()
  const shared = Buffer.from(new SharedArrayBuffer(data.length)).fill(data)
  const part = Buffer.concat([data, Buffer.alloc(10_000)]).subarray(0, data.length)
  const whole = Buffer.alloc(data.length, data)
  for (const given of [shared, part, whole]) t.equal(String(await geometry.coordinates(given)), POINT)
  t.same([shared, part].map(String), [String(data), String(data)])
  t.equal(whole.length, 0)
  await t.rejects(geometry.coordinates(whole), { name: 'TypeError' }, 'so they cannot be used again')
  t.equal(String(await geometry.coordinates(point())), POINT)
})

t.test('the process goes on while a large cloud is worked on', async t => {
  const cloud = randomCloud(1_000_000)
  const gaps: number[] = []
  let last = performance.now()
  const tick = setInterval(() => {
    gaps.push(performance.now() - last)
    last = performance.now()
  }, 5)
  const before = performance.now()
  const small = await geometry.downSample(cloud, 1.8)
  const took = performance.now() - before
  clearInterval(tick)
  t.ok(small.length > 1_000_000)
  t.ok(Math.max(...gaps) < took / 3, `${took} ms without a pause of more than ${Math.max(...gaps)} ms`)
})

t.test('a job that takes too long', async t => {
  const hasty = createGeometry({ most, timeLimit: 1 })
  await t.rejects(hasty.coordinates(randomCloud(10_000)), { code: 'overloaded' })
})

const lonely = (module: string): string => `
  import { createGeometry } from ${JSON.stringify(join(root, module))}
  const ply = Buffer.from(${JSON.stringify(point().toString())})
  console.log(String(await createGeometry({ most: 1000, idle: 60_000 }).coordinates(ply)))`

for (const [what, module, args] of [
  ['in TypeScript', 'lib/geometry/geometry.ts', ['--import=./test/support/typescript/register.js', '--conditions=guardcell-source']],
  ['compiled', 'dist/lib/geometry/geometry.js', []]
] as const) {
  t.test(`an idle worker keeps no process alive, ${what}`, async t => {
    const script = join(t.testdir({ 'lonely.mjs': lonely(module) }), 'lonely.mjs')
    const child = spawn('/usr/bin/env', ['-u', 'NODE_OPTIONS', process.execPath, ...args, script], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000 })
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
    t.equal(said, `${POINT}\n`)
    t.equal(code, 0, 'it ends by itself')
  })
}
