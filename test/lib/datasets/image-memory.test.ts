import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import t from 'tap'
import { decodeMemory } from '#lib/datasets/decode-memory.js'
import { createImages, type Picture } from '#lib/datasets/images.js'
import { formatOf } from '#lib/datasets/jpeg.js'
import { tiffTag } from '#lib/datasets/tiff-tag.js'

const MIB = 2 ** 20
const drawn = (width: number, height: number, channels: 3 | 4 = 3): Sharp =>
  sharp({ create: { width, height, channels, background: { r: 20, g: 90, b: 200, alpha: 0.5 } } })
const deep = (width: number, height: number): Sharp => drawn(width, height, 4).toColourspace('rgb16')

/** Files that are small and take much, of each format. */
const costly: Readonly<Record<string, () => Sharp>> = {
  'a progressive JPEG': () => drawn(3000, 2000).jpeg({ progressive: true, chromaSubsampling: '4:4:4' }),
  'a progressive JPEG of four inks': () => drawn(3000, 2000).toColourspace('cmyk').jpeg({ progressive: true }),
  'an interlaced PNG': () => drawn(3000, 2000, 4).png({ progressive: true }),
  'an interlaced PNG of 16 bits': () => deep(3000, 2000).png({ progressive: true }),
  'a wide PNG': () => drawn(100_000, 20, 4).png(),
  'a wide PNG of 16 bits': () => deep(100_000, 20).png(),
  'a TIFF of large tiles': () => drawn(4096, 2048).tiff({ tile: true, tileWidth: 2048, tileHeight: 2048, compression: 'jpeg' }),
  'a wide TIFF': () => drawn(100_000, 20, 4).tiff({ compression: 'lzw' }),
  'a WebP': () => drawn(3000, 2000).webp({ lossless: true, effort: 0 }),
  'a GIF': () => drawn(3000, 2000).gif({ effort: 1 })
}

/** Made once, since that takes longer than what is done with them. */
const made = new Map<string, Buffer>()
const costlyData = async (name: string): Promise<Buffer> => {
  const data = made.get(name) ?? await costly[name]!().toBuffer()
  made.set(name, data)
  return data
}

const place = async (folder: string, data: Buffer): Promise<Picture> => {
  const source = join(folder, 'picture')
  await writeFile(source, data)
  return { scan: 's', fileset: 'f', file: 'x', source, webcache: join(folder, 'webcache'), temporary: () => join(folder, 'temporary') }
}

t.test('no picture takes more than its header lets expect', { skip: process.platform !== 'linux' && 'the peak of a process is read as on Linux' }, async t => {
  const folder = t.testdir({})
  const script = join(import.meta.dirname, 'draw-once.ts')
  for (const name of Object.keys(costly)) {
    const data = await costlyData(name)
    const path = join(folder, 'picture')
    await writeFile(path, data)
    const expected = await decodeMemory(data, formatOf(data)!, 4096)
    const taken = Number(execFileSync(process.execPath, ['--import=./test/support/typescript/register.js', '--conditions=guardcell-source', script, path, '4096'], { encoding: 'utf8' }))
    t.ok(taken > 0 && taken <= expected + 16 * MIB, `${taken} of ${expected}: ${name}`)
  }
})

t.test('a picture beyond the memory that drawing may take is refused by its header, in every format', async t => {
  const folder = t.testdir({})
  const images = createImages({ concurrency: 2, memory: 32 * MIB })
  for (const name of Object.keys(costly)) {
    await t.rejects(images.render(await place(folder, await costlyData(name)), 'thumb'), {
      code: 'image_too_costly', statusCode: 413, extras: { errors: [{ path: '', message: /^Drawing it may take \d+ bytes of memory; IMAGE_MAX_MEMORY is 33554432\.$/ }] }
    }, name)
  }
  t.equal((await sharp(await images.render(await place(folder, await drawn(800, 600).jpeg({ progressive: true }).toBuffer()), 'thumb')).metadata()).width, 150, 'others are drawn')
})

t.test('a file that is larger than the memory is not even read', async t => {
  const images = createImages({ concurrency: 1, memory: 16 * MIB })
  const data = Buffer.alloc(17 * MIB)
  ;(await drawn(10, 10).jpeg().toBuffer()).copy(data)
  await t.rejects(images.render(await place(t.testdir({}), data), 'thumb'), { code: 'image_too_costly' })
})

t.test('pictures of a usual camera need no setting', async t => {
  for (const make of [() => drawn(8000, 6000).jpeg({ progressive: true, chromaSubsampling: '4:4:4' }), () => drawn(8000, 6000).png(), () => drawn(6000, 4000).toColourspace('rgb16').tiff({ compression: 'deflate' })]) {
    const data = await make().toBuffer()
    t.ok(await decodeMemory(data, formatOf(data)!, 1500) < 400 * MIB)
  }
})

t.test('all that are drawn at once share the memory, and none waits for ever', async t => {
  const folder = t.testdir({})
  const data = await drawn(1500, 1000).jpeg({ progressive: true }).toBuffer()
  const picture = await place(folder, data)
  const memory = 1.5 * await decodeMemory(data, 'jpeg', 150)
  const images = createImages({ concurrency: 4, memory })
  const all = await Promise.all(Array.from({ length: 12 }, (_, i) => images.render(picture, 139 + i)))
  t.equal(all.length, 12)
})

t.test('tags of TIFF and BigTIFF, and of what is cut off', async t => {
  for (const bigtiff of [false, true]) {
    const data = await drawn(64, 64).tiff({ tile: true, tileWidth: 32, tileHeight: 48, bigtiff, compression: 'jpeg' }).toBuffer()
    t.strictSame([tiffTag(data, 323), tiffTag(data, 259), tiffTag(data, 1)], [48, 7, undefined])
    for (let length = 0; length < data.length; length += 13) t.doesNotThrow(() => tiffTag(data.subarray(0, length), 323))
  }
  const motorola = Buffer.from('4d4d002a00000008000101430003000000010030000000000000', 'hex')
  t.equal(tiffTag(motorola, 323), 48)
})
