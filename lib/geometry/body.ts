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
  /** The same for a coordinate: NaN or an infinity where the file says so. @throws {PlyError} for what is no number at all */
  readCoordinate: (type: Scalar) => number
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
    readCoordinate: type => type.read(view, take(type.bytes)),
    skip: (type, values) => { take(type.bytes * values) }
  }
}

/** As C writes what is no number. */
const isMissing = (word: string): boolean => /^[+-]?(nan(\(\w*\))?|inf(inity)?)$/i.test(word)

/** Refuses a coordinate. */
export const badCoordinate = (): never => refuse('A coordinate is no number, or too large.')

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
  const word = (): string => {
    const from = next()
    return at - from > LONGEST_NUMBER ? 'too long' : data.toString('latin1', from, at)
  }
  return {
    // The last value needs no blank after it.
    left: () => data.length - at + 1,
    least: () => 2,
    read: () => Number(word()),
    readCoordinate: () => {
      const text = word()
      const value = Number(text)
      return Number.isNaN(value) && !isMissing(text) ? badCoordinate() : value
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
