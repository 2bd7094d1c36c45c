import { constants } from 'node:buffer'
import { refuse } from './ply-error.js'

const ROWS_AT_A_TIME = 4096

/** Rows of three numbers as JSON, in pieces. */
function * rows (values: Float64Array | Uint32Array): Generator<string> {
  for (let start = 0; start < values.length; start += 3 * ROWS_AT_A_TIME) {
    const texts: string[] = []
    for (let i = start; i < Math.min(start + 3 * ROWS_AT_A_TIME, values.length); i += 3) {
      texts.push(`[${values[i]},${values[i + 1]},${values[i + 2]}]`)
    }
    yield `${start > 0 ? ',' : ''}${texts.join(',')}`
  }
}

/** Lists of rows, and counts. */
type Members = Readonly<Record<string, Float64Array | Uint32Array | number>>

function * texts (members: Members): Generator<string> {
  for (const [index, [name, values]] of Object.entries(members).entries()) {
    yield `${index > 0 ? ',' : '{'}"${name}":`
    if (typeof values === 'number') {
      yield String(values)
      continue
    }
    yield '['
    yield * rows(values)
    yield ']'
  }
  yield '}'
}

/**
 * An object whose members are lists of rows of three numbers, or counts, as the bytes of its JSON text.
 * @param most bytes that it may have; what is longer than a string can be, no JavaScript client could parse
 * @throws {PlyError}
 */
export function jsonOf (members: Members, most = constants.MAX_STRING_LENGTH): Buffer {
  const pieces: Buffer[] = []
  let length = 0
  for (const text of texts(members)) {
    pieces.push(Buffer.from(text, 'latin1'))
    length += text.length
    if (length > most) refuse('The file has more points or faces than can be written as JSON.')
  }
  return Buffer.concat(pieces, length)
}
