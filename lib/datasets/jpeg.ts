import sharp from 'sharp'
import { fail } from '../errors.js'

const MOST_PIXELS = 0x3fff ** 2

/** How files of each format begin, in hexadecimal digits. */
const beginnings = {
  jpeg: /^ffd8ff/,
  png: /^89504e470d0a1a0a/,
  gif: /^474946383[79]61/,
  tiff: /^(49492a00|4d4d002a|49492b00|4d4d002b)/,
  webp: /^52494646.{8}57454250/
}

/** The formats of pictures that are drawn. */
export type ImageFormat = keyof typeof beginnings

/** How many bytes `formatOf` looks at. */
export const HEAD_BYTES = 12

/** One reader for each of these formats, and SVG, with which the demo draws and which has no entry above. */
const readers = ['Jpeg', 'Png', 'Nsgif', 'Tiff', 'Webp', 'Svg'].map(format => `VipsForeignLoad${format}Buffer`)

/**
 * Sets up libvips, of which a process has one: no memory for results, no reader that is not needed, and one thread
 * for each picture, because each more takes memory of its own.
 */
export function restrictLibvips (): void {
  sharp.cache(false)
  sharp.concurrency(1)
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({ operation: readers })
}

/** The format of a picture by its first bytes; others, such as SVG, could make a reader open files. */
export function formatOf (source: Buffer): ImageFormat | undefined {
  const head = source.toString('hex', 0, HEAD_BYTES)
  return (Object.keys(beginnings) as ImageFormat[]).find(format => beginnings[format].test(head))
}

/**
 * Renders a picture as a JPEG of 8 bits per channel on white, without metadata. It is neither enlarged nor
 * turned: camera poses refer to the pixels as they are stored. Of several frames or pages it takes the first.
 * @param source what `formatOf` knows
 * @param pixels of the longest side at most
 * A JPEG that is cut short is drawn as far as it goes, the rest grey, as browsers show it.
 * @throws `image_unreadable` also for what is truncated in another format or has more than 268 million pixels
 */
export async function toJpeg (source: Buffer, pixels: number): Promise<Buffer> {
  const format = formatOf(source)
  if (!format) return fail('image_unreadable')
  try {
    return await sharp(source, { failOn: format === 'jpeg' ? 'none' : 'error', limitInputPixels: MOST_PIXELS, sequentialRead: true })
      .resize({ width: pixels, height: pixels, fit: 'inside', withoutEnlargement: true })
      .flatten({ background: 'white' })
      .jpeg({ quality: 85 })
      .toBuffer()
  } catch (error) {
    return fail('image_unreadable', { cause: error })
  }
}
