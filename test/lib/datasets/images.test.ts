import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { renameSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import t, { type Test } from 'tap'
import { imageSize } from '#lib/datasets/image-size.js'
import { createImages, type Images, type Picture } from '#lib/datasets/images.js'
import { cacheName, cacheNames } from '#lib/datasets/previews.js'

const blank = (width: number, height: number, background = '#2080d0'): Sharp => sharp({ create: { width, height, channels: 3, background } })
const sizeOf = async (data: Buffer): Promise<string> => {
  const { format, width, height } = await sharp(data).metadata()
  return `${format} ${width}x${height}`
}
const pixel = async (data: Buffer, left = 0, top = 0): Promise<number[]> =>
  [...await sharp(data).extract({ left, top, width: 1, height: 1 }).raw().toBuffer()]

interface Place { picture: Picture, images: Images, write: (data: Buffer | Sharp) => Promise<void>, kept: () => Promise<string[]>, drawn: () => number }

/** A scan's folder with one picture; `drawn` counts the temporary files, of which each kept preview needs one. */
const place = async (t: Test, concurrency = 2): Promise<Place> => {
  const folder = t.testdir({ images: {}, tmp: {} })
  let temporary = 0
  const picture = {
    scan: 'scan',
    fileset: 'images',
    file: '00000_rgb',
    source: join(folder, 'images', '00000_rgb.jpg'),
    webcache: join(folder, 'webcache'),
    temporary: () => join(folder, 'tmp', `${++temporary}`)
  }
  return {
    picture,
    images: createImages({ concurrency }),
    write: async data => writeFile(picture.source, Buffer.isBuffer(data) ? data : await data.jpeg().toBuffer()),
    kept: async () => [...await readdir(picture.webcache).catch(() => []), ...await readdir(join(folder, 'tmp'))].sort(),
    drawn: () => temporary
  }
}

t.test('sizes are PlantDB\'s names or pixels', async t => {
  for (const [text, size] of [[undefined, 'thumb'], ['thumb', 'thumb'], ['large', 'large'], ['orig', 'orig'], ['1', 1], ['640', 640], ['4096', 4096]] as const) {
    t.equal(imageSize(text), size, `${text}`)
  }
  for (const text of ['', '0', '-1', '4097', '10000', '1.5', '1e3', '0x10', '07', ' 7', '7\n', 'Thumb', 'constructor']) {
    t.throws(() => imageSize(text), { code: 'invalid_request', extras: { errors: [{ path: '/querystring/size' }] } }, JSON.stringify(text))
  }
})

t.test('a picture fits into the size and is never enlarged', async t => {
  const { picture, images, write } = await place(t)
  for (const [width, height, size, expected] of [
    [640, 480, 'thumb', '150x113'], [480, 640, 'thumb', '113x150'], [2000, 1000, 'large', '1500x750'],
    [640, 480, 'large', '640x480'], [640, 480, 64, '64x48'], [100, 50, 4096, '100x50'], [1, 1, 'thumb', '1x1'], [3000, 2, 'thumb', '150x1']
  ] as const) {
    await write(blank(width, height))
    t.equal(await sizeOf(await images.render(picture, size)), `jpeg ${expected}`, `${width}x${height} as ${size}`)
  }
})

t.test('every format of pictures becomes a JPEG of the same colour', async t => {
  const { picture, images, write } = await place(t)
  const deep = (): Sharp => blank(90, 60).toColourspace('rgb16')
  for (const [name, data] of Object.entries({
    jpeg: await blank(90, 60).jpeg().toBuffer(),
    progressive: await blank(90, 60).jpeg({ progressive: true }).toBuffer(),
    png: await blank(90, 60).png().toBuffer(),
    'png of 16 bits': await deep().png().toBuffer(),
    tiff: await blank(90, 60).tiff().toBuffer(),
    'tiff of 16 bits': await deep().tiff({ compression: 'lzw' }).toBuffer(),
    bigtiff: await blank(90, 60).tiff({ bigtiff: true }).toBuffer(),
    webp: await blank(90, 60).webp({ lossless: true }).toBuffer(),
    gif: await blank(90, 60).gif().toBuffer(),
    'animated gif': await sharp([await blank(90, 60).png().toBuffer(), await blank(90, 60, 'red').png().toBuffer()], { join: { animated: true } }).gif().toBuffer()
  })) {
    await write(data)
    const jpeg = await images.render(picture, 90)
    t.equal(await sizeOf(jpeg), 'jpeg 90x60', name)
    const [r, g, b] = await pixel(jpeg, 45, 30)
    t.ok(Math.abs(r! - 0x20) < 6 && Math.abs(g! - 0x80) < 6 && Math.abs(b! - 0xd0) < 6, `${name}: ${r} ${g} ${b}`)
  }
})

t.test('16 bits are looked at as such, and what is transparent is white', async t => {
  const { picture, images, write } = await place(t)
  const grey = new Uint16Array(64).fill(0x8000)
  await write(await sharp(grey, { raw: { width: 8, height: 8, channels: 1 } }).toColourspace('grey16').png().toBuffer())
  const [level] = await pixel(await images.render(picture, 8))
  t.ok(level! > 120 && level! < 136, `${level}`)

  for (const space of ['srgb', 'rgb16']) {
    await write(await sharp({ create: { width: 8, height: 8, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } }).toColourspace(space).png().toBuffer())
    t.strictSame(await pixel(await images.render(picture, 8)), [255, 255, 255], space)
  }
})

t.test('it is not turned, and nothing but the picture is handed out', async t => {
  const { picture, images, write } = await place(t)
  await write(await blank(60, 40).withMetadata({ orientation: 6 }).withExif({ IFD0: { Artist: 'ada' } }).jpeg().toBuffer())
  const jpeg = await images.render(picture, 60)
  t.match(await sharp(jpeg).metadata(), { width: 60, height: 40, orientation: undefined, exif: undefined, icc: undefined })
  t.notOk(jpeg.includes('ada'))
})

t.test('what is no picture, or not a whole one, or too large, is unreadable', async t => {
  const { picture, images, write } = await place(t)
  const noise = await sharp({ create: { width: 300, height: 300, channels: 3, background: 'black', noise: { type: 'gaussian', mean: 128, sigma: 60 } } }).raw().toBuffer()
  const noisy = sharp(noise, { raw: { width: 300, height: 300, channels: 3 } })
  const jpeg = await noisy.clone().jpeg().toBuffer()
  const png = await noisy.clone().png().toBuffer()
  const vast = Buffer.from(await blank(1, 1).png().toBuffer())
  vast.writeUInt32BE(20_000, 16)
  vast.writeUInt32BE(20_000, 20)
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
  for (const [name, data] of Object.entries({
    empty: Buffer.alloc(0),
    text: Buffer.from('a picture'),
    'text after the first bytes of a JPEG': Buffer.from('ffd8ffe0', 'hex'),
    svg: Buffer.from(svg),
    'svg as XML': Buffer.from(`<?xml version="1.0"?>${svg}`),
    pdf: Buffer.from('%PDF-1.4\n%%EOF'),
    ppm: Buffer.from('P3 1 1 255 1 2 3\n'),
    avif: await blank(8, 8).avif({ effort: 0 }).toBuffer(),
    'the head of a jpeg': jpeg.subarray(0, 100),
    'half a png': png.subarray(0, png.length / 2),
    '400 megapixels': vast
  })) {
    await write(data)
    await t.rejects(images.render(picture, 'thumb'), { name: 'Problem', code: 'image_unreadable' }, name)
  }
  await write(vast)
  const why = await images.render(picture, 10).catch((error: unknown) => error as Error)
  t.match((why as Error).cause, /pixel limit/)
  await write(jpeg)
  await truncate(picture.source, 256 * 1024 * 1024 + 1)
  await t.rejects(images.render(picture, 10), { code: 'image_unreadable' }, 'more than 256 MiB')
})

t.test('a JPEG that is cut short is drawn as far as it goes', async t => {
  const { picture, images, write } = await place(t)
  for (const progressive of [false, true]) {
    const jpeg = await blank(300, 200).jpeg({ progressive }).toBuffer()
    await write(jpeg)
    const whole = await images.render(picture, 'thumb')
    await write(jpeg.subarray(0, -2))
    t.strictSame(await images.render(picture, 'thumb'), whole, 'without its last two bytes it is the same')
  }
  await write((await blank(300, 200).jpeg().toBuffer()).subarray(0, -100))
  t.equal(await sizeOf(await images.render(picture, 'thumb')), 'jpeg 150x100')
})

t.test('libvips itself reads no other format', async t => {
  createImages({ concurrency: 1 })
  const avif = await blank(8, 8).avif({ effort: 0 }).toBuffer()
  await t.rejects(sharp(avif).toBuffer())
  await t.rejects(sharp(join(import.meta.dirname, 'images.test.ts')).toBuffer())
})

t.test('only a plain file is a picture', async t => {
  const { picture, images, write } = await place(t)
  await t.rejects(images.render(picture, 'thumb'), { code: 'file_not_found' }, 'missing')
  await write(blank(20, 20))
  const link = { ...picture, source: `${picture.source}.link` }
  await symlink(picture.source, link.source)
  await t.rejects(images.render(link, 'thumb'), { code: 'file_not_found' }, 'a symbolic link')
  await t.rejects(images.render({ ...picture, source: join(picture.source, '..') }, 'thumb'), { code: 'file_not_found' }, 'a folder')
  execFileSync('mkfifo', [`${picture.source}.pipe`])
  await t.rejects(images.render({ ...picture, source: `${picture.source}.pipe` }, 'thumb'), { code: 'file_not_found' }, 'a named pipe')
})

t.test('previews have PlantDB\'s names', async t => {
  const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex')
  t.equal(cacheName('scan', 'images', '00000_rgb', 'thumb'), `${sha1('image|scan|images|00000_rgb|thumb')}.jpeg`)
  t.strictSame(cacheNames('scan', 'images', '00000_rgb'), ['thumb', 'large'].map(size => `${sha1(`image|scan|images|00000_rgb|${size}`)}.jpeg`))
})

t.test('a named size is drawn once and kept until the picture changes', async t => {
  const { picture, images, write, kept, drawn } = await place(t)
  await write(blank(300, 200, 'red'))
  await utimes(picture.source, new Date(), new Date(1_700_000_000_123))
  const red = await images.render(picture, 'thumb')
  t.strictSame(await kept(), [cacheName('scan', 'images', '00000_rgb', 'thumb')])
  t.strictSame(await images.render(picture, 'thumb'), red)
  t.equal(drawn(), 1, 'served from the disk')

  await write(blank(300, 200, 'blue'))
  const blue = await images.render(picture, 'thumb')
  t.not(Buffer.compare(blue, red), 0)
  t.equal(drawn(), 2)
  await images.render(picture, 'large')
  t.strictSame(await kept(), cacheNames('scan', 'images', '00000_rgb').sort())
})

t.test('a preview is valid for every fraction of a second', async t => {
  const { picture, images, write, drawn } = await place(t)
  await write(blank(30, 20))
  const starts = [1_700_000_000_000, 1_741_944_600_123.456, 1_741_944_600_999.99, 1_741_944_602_000.5]
  for (const [index, modified] of starts.entries()) {
    await utimes(picture.source, new Date(), modified / 1000)
    for (let i = 0; i < 3; i++) await images.render(picture, 'thumb')
    t.equal(drawn(), index + 1, `${modified}`)
  }
})

t.test('pixels are drawn each time and never kept', async t => {
  const { picture, images, write, kept } = await place(t)
  await write(blank(30, 20))
  await images.render(picture, 20)
  t.strictSame(await kept(), [])
})

t.test('a preview that is damaged or not ours is replaced, not served', async t => {
  const { picture, images, write, kept, drawn } = await place(t)
  await write(blank(300, 200))
  const good = await images.render(picture, 'thumb')
  const name = cacheName('scan', 'images', '00000_rgb', 'thumb')
  const path = join(picture.webcache, name)
  const { mtime } = await stat(picture.source)
  const other = await blank(20, 20, 'red').jpeg().toBuffer()
  const elsewhere = join(picture.webcache, '..', 'elsewhere.jpeg')
  await writeFile(elsewhere, other)
  await utimes(elsewhere, mtime, mtime)
  const spoil = async (data: Buffer, modified: Date): Promise<void> => {
    await writeFile(path, data)
    await utimes(path, modified, modified)
  }
  for (const [what, change] of Object.entries({
    empty: () => spoil(Buffer.alloc(0), mtime),
    'cut off': () => spoil(good.subarray(0, good.length - 9), mtime),
    zeros: () => spoil(Buffer.alloc(good.length), mtime),
    'PlantDB\'s, made later': () => spoil(other, new Date(mtime.getTime() + 60_000)),
    'older by 2 ms': () => spoil(other, new Date(mtime.getTime() - 2)),
    'a link': async () => { await rm(path); await symlink(elsewhere, path) }
  })) {
    const before = drawn()
    await change()
    t.strictSame(await images.render(picture, 'thumb'), good, what)
    t.strictSame([await readFile(path), drawn()], [good, before + 1], `${what}: replaced`)
  }
  t.strictSame(await readFile(elsewhere), other, 'what the link led to is as it was')
  t.strictSame(await kept(), [name])
})

t.test('a preview that cannot be kept is still served', async t => {
  const { picture, images, write, kept } = await place(t)
  await write(blank(300, 200))
  const gone = { ...picture, webcache: join(picture.webcache, '..', 'deleted', 'webcache') }
  t.equal(await sizeOf(await images.render(gone, 'thumb')), 'jpeg 150x100', 'the scan is gone')
  await t.rejects(stat(join(gone.webcache, '..')), { code: 'ENOENT' }, 'and stays so')
  t.equal(await sizeOf(await images.render({ ...picture, temporary: () => '/proc/none' }, 'thumb')), 'jpeg 150x100', 'nothing can be written')
  t.strictSame(await kept(), [])

  await mkdir(join(picture.webcache, cacheName('scan', 'images', '00000_rgb', 'thumb')), { recursive: true })
  t.equal(await sizeOf(await images.render(picture, 'thumb')), 'jpeg 150x100', 'a folder has its name')
  await rm(picture.webcache, { recursive: true })

  await mkdir(picture.webcache)
  await chmod(picture.webcache, 0o500)
  t.equal(await sizeOf(await images.render(picture, 'thumb')), 'jpeg 150x100', 'a folder that is read-only')
  await chmod(picture.webcache, 0o700)
  t.notOk((await kept()).some(name => /^\d+$/.test(name)), 'no temporary file is left')
})

t.test('the same picture asked for by many at once is drawn once, and failures are not remembered', async t => {
  const { picture, images, write, drawn } = await place(t)
  await t.rejects(images.render(picture, 'thumb'))
  await write(blank(300, 200))
  const all = await Promise.all(Array.from({ length: 50 }, () => images.render(picture, 'thumb')))
  t.equal(drawn(), 1)
  t.equal(new Set(all).size, 1)
  await Promise.all([images.render(picture, 'large'), images.render(picture, 'large'), images.render(picture, 'thumb')])
  t.equal(drawn(), 2, 'another size is another preview')
})

t.test('who changes a picture sees the new one, even while the old one is being kept', async t => {
  const { picture, images, write } = await place(t)
  await write(blank(100, 100, 'red'))
  await writeFile(`${picture.source}.new`, await blank(30, 20, 'blue').jpeg().toBuffer())
  await utimes(`${picture.source}.new`, 1, 1)
  let after: Promise<Buffer> | undefined
  const temporary = (): string => {
    renameSync(`${picture.source}.new`, picture.source)
    after = images.render(picture, 'thumb')
    return picture.temporary()
  }
  t.equal(await sizeOf(await images.render({ ...picture, temporary }, 'thumb')), 'jpeg 100x100')
  t.equal(await sizeOf(await after!), 'jpeg 30x20')
  t.equal(await sizeOf(await images.render(picture, 'thumb')), 'jpeg 30x20')
})

t.test('a line that is too long is refused', async t => {
  const { picture, images, write } = await place(t, 1)
  await write(blank(2, 2))
  const answers = await Promise.allSettled(Array.from({ length: 700 }, (_, i) => images.render(picture, i + 1)))
  const refused = answers.filter(answer => answer.status === 'rejected').map(answer => answer.reason as unknown)
  t.ok(refused.length > 0 && refused.length < 300, `${refused.length}`)
  t.match(refused[0], { code: 'overloaded', extras: { retryAfter: 5 } })
  t.equal(await sizeOf(await images.render(picture, 1)), 'jpeg 1x1', 'and over when the line is')
})
