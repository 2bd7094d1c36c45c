import type { Header } from './header.js'
import { refuse } from './ply-error.js'
import type { Scalar } from './scalar.js'

const SPACE = 0x20
const LONGEST_NUMBER = 512

/** What follows the header, read value by value from the front. */
export interface Body {
  /** How many bytes are left. */
  left: () => number
  /** The fewest bytes that a value of a type takes. */
  least: (type: Scalar) => number
  /** The next value; in a text it may be NaN. */
  read: (type: Scalar) => number
  skip: (type: Scalar, values: number) => void
}

const endsEarly = (): never => refuse('The file ends before all that its header announces.')

function binaryBody (data: Buffer, start: number): Body {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  let at = start
  const take = (bytes: number): number => {
    const from = at
    at += bytes
    return at > data.length ? endsEarly() : from
  }
  return {
    left: () => data.length - at,
    least: type => type.bytes,
    read: type => type.read(view, take(type.bytes)),
    skip: (type, values) => { take(type.bytes * values) }
  }
}

/** Lines mean nothing, as for the programs that PLY comes from: values are what stands between blanks. */
function textBody (data: Buffer, start: number): Body {
  let at = start
  const isBlank = (): boolean => data[at]! <= SPACE
  const next = (): number => {
    while (at < data.length && isBlank()) at++
    const from = at
    while (at < data.length && !isBlank()) at++
    return from === at ? endsEarly() : from
  }
  return {
    // The last value needs no blank after it.
    left: () => data.length - at + 1,
    least: () => 2,
    read: () => {
      const from = next()
      return at - from > LONGEST_NUMBER ? NaN : Number(data.toString('latin1', from, at))
    },
    skip: (_type, values) => { for (let i = 0; i < values; i++) next() }
  }
}

/** @returns what follows the header of a file */
export const bodyOf = (data: Buffer, { format, end }: Header): Body =>
  format === 'ascii' ? textBody(data, end) : binaryBody(data, end)

/** Refuses values that the rest of the file cannot hold, before memory is taken for them. */
export function mustHold (body: Body, bytes: number): void {
  if (bytes > body.left()) endsEarly()
}
