/** Bytes of a value of each of the types of whole numbers (TIFF 6.0 section 2, and BigTIFF's LONG8). */
const widths: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 6: 1, 8: 2, 9: 4, 16: 8, 17: 8 }

/** As many as libtiff reads. */
const MOST_TAGS = 0xffff

/** How to read a TIFF: `big` for BigTIFF, whose counts and offsets have 8 bytes. */
interface Reader { big: boolean, number: (at: number, bytes: number) => number }

function readerOf (source: Buffer): Reader {
  const isLittle = source.toString('latin1', 0, 2) === 'II'
  const number: Reader['number'] = (at, bytes) => {
    if (bytes === 8) return Number(isLittle ? source.readBigUInt64LE(at) : source.readBigUInt64BE(at))
    return isLittle ? source.readUIntLE(at, bytes) : source.readUIntBE(at, bytes)
  }
  return { big: number(2, 2) === 43, number }
}

/**
 * The largest value that the first directory of a TIFF or BigTIFF states for a tag of one whole number.
 * @returns undefined if there is none, or if the directory cannot be read
 */
export function tiffTag (source: Buffer, tag: number): number | undefined {
  const values: number[] = []
  try {
    const { big, number } = readerOf(source)
    const [start, countBytes, entryBytes] = big ? [number(8, 8), 8, 20] : [number(4, 4), 2, 12]
    const entries = Math.min(number(start, countBytes), MOST_TAGS)
    for (let i = 0; i < entries; i++) {
      const at = start + countBytes + i * entryBytes
      const width = widths[number(at + 2, 2)]
      if (number(at, 2) === tag && width !== undefined) values.push(number(at + (big ? 12 : 8), width))
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return values.length > 0 ? Math.max(...values) : undefined
}
