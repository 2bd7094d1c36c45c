import sharp, { type Metadata } from 'sharp'
import { fail } from '../errors.js'
import type { ImageFormat } from './jpeg.js'
import { tiffTag } from './tiff-tag.js'

const COMPRESSION = 259
const TILE_LENGTH = 323
const JPEG_IN_TIFF = 7

/** Bytes of a sample by the names that libvips has for its types. */
const sampleBytes: Readonly<Record<string, number>> = { uchar: 1, char: 1, ushort: 2, short: 2, uint: 4, int: 4, float: 4, double: 8, complex: 8, dpcomplex: 16 }

/** How many bytes libvips may set aside for the structure of a file, for each byte of it; a frame of a GIF takes 12 bytes there and a hundred in memory. */
const parsed: Readonly<Record<ImageFormat, number>> = { jpeg: 2, png: 1, gif: 10, tiff: 1, webp: 5 }

type Shape = Required<Pick<Metadata, 'width' | 'height'>> & { channels: number, bytes: number, isProgressive: boolean }

/** Blocks of 8 pixels that are shared by up to four samples in a direction: a JPEG is rounded up to those. */
const padded = (pixels: number): number => Math.ceil(pixels / 32) * 32

/** What a decoder holds of the picture as a whole, in bytes. Measured with libvips 8.18; what a header leaves open counts in full. */
const whole: Readonly<Record<ImageFormat, (shape: Shape, source: Buffer) => number>> = {
  // Coefficients of 2 bytes: of each sample, since any component can have the full size.
  jpeg: ({ width, height, channels, isProgressive }) => isProgressive ? 2 * padded(width) * padded(height) * channels : 0,
  png: ({ width, height, channels, bytes, isProgressive }) => isProgressive ? width * height * channels * bytes : 0,
  // The canvas, and the one before it.
  gif: ({ width, height }) => 8 * width * height,
  webp: ({ width, height }) => 6 * width * height,
  // Two rows of tiles, or all strips; those that are JPEG files may be progressive.
  tiff: ({ width, height, channels, bytes }, source) => {
    const rows = Math.max(height, 2 * (tiffTag(source, TILE_LENGTH) ?? 0))
    return width * rows * channels * (1.5 * bytes + (tiffTag(source, COMPRESSION) === JPEG_IN_TIFF ? 4 : 0))
  }
}

/** Rows that wait between the steps of a pipeline; a short picture is held several times as a whole. */
const rowsOf = ({ width, height, channels, bytes }: Shape): number => width * channels * bytes * Math.min(5 * (height + 30), 1250)

/** The result, its coefficients and its bytes. */
const result = ({ width, height }: Shape, pixels: number): number => 9 * Math.min(width, pixels) * Math.min(height, pixels)

const BASE = 8 * 2 ** 20

/** The bytes that a picture takes while its header is read, its own among them. */
export const headerMemory = (format: ImageFormat, bytes: number): number => bytes * (1 + parsed[format])

/**
 * The bytes that rendering a picture takes at most, beside those of `headerMemory`, judged by its header.
 * @param pixels of the longest side of the result
 * @throws `image_unreadable`
 */
export async function decodeMemory (source: Buffer, format: ImageFormat, pixels: number): Promise<number> {
  const { width, height, channels, depth, isProgressive = false } = await sharp(source, { failOn: 'none', limitInputPixels: false }).metadata()
    .catch((cause: unknown) => fail('image_unreadable', { cause }))
  const shape = { width, height, channels, bytes: sampleBytes[depth] ?? 16, isProgressive }
  return Math.ceil(BASE + whole[format](shape, source) + rowsOf(shape) + result(shape, pixels))
}
