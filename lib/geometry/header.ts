import { refuse } from './ply-error.js'
import { scalars, type Scalar } from './scalar.js'

const LONGEST_HEADER = 64 * 1024

/** One column of an element. A list has a `length`: the type of the number in front of it. */
export interface Property { name: string, type: Scalar, length?: Scalar }

/** A table of the file: so many rows of these columns. */
export interface Element { name: string, count: number, properties: Property[] }

/** What a file says of itself; its rows begin at byte `end`. */
export interface Header { format: 'ascii' | 'binary_little_endian', elements: Element[], end: number }

type Draft = Partial<Pick<Header, 'format'>> & Pick<Header, 'elements'>
type Statement = (draft: Draft, words: readonly string[]) => void

const typeOf = (name: string | undefined): Scalar =>
  scalars.get(name ?? '') ?? refuse('The header names a type that PLY does not have.')

const lengthTypeOf = (name: string | undefined): Scalar => {
  const type = typeOf(name)
  return type.isWhole ? type : refuse('The length of a list has to be of an integer type.')
}

function propertyOf (words: readonly string[]): Property {
  if (words[0] !== 'list') return { type: typeOf(words[0]), name: words[1] ?? '' }
  return { length: lengthTypeOf(words[1]), type: typeOf(words[2]), name: words[3] ?? '' }
}

function countOf (text: string | undefined): number {
  const count = /^\d+$/.test(text ?? '') ? Number(text) : NaN
  return Number.isSafeInteger(count) ? count : refuse('The count of an element is no number.')
}

const format: Statement = (draft, [name, version]) => {
  if (draft.format || draft.elements.length > 0) refuse('The header has to state one format, before all elements.')
  if (name === 'binary_big_endian') refuse('Big-endian PLY files are not read; it has to be ascii or binary_little_endian.')
  if ((name !== 'ascii' && name !== 'binary_little_endian') || version !== '1.0') return refuse('The header states a format that PLY 1.0 does not have.')
  draft.format = name
}

const element: Statement = ({ elements }, [name = '', count]) => {
  if (elements.some(known => known.name === name)) refuse('The header has two elements of the same name.')
  elements.push({ name, count: countOf(count), properties: [] })
}

const property: Statement = ({ elements }, words) => {
  const properties = elements.at(-1)?.properties ?? refuse('The header has a property before the first element.')
  const added = propertyOf(words)
  if (added.name === '') refuse('The header has a property without a name.')
  if (properties.some(({ name }) => name === added.name)) refuse('An element has two properties of the same name.')
  properties.push(added)
}

const ignore: Statement = () => undefined

const statements: ReadonlyMap<string, Statement> = new Map([
  ['format', format], ['element', element], ['property', property], ['comment', ignore], ['obj_info', ignore]
])

const wordsOf = (line: string): string[] => line.trim().split(/\s+/)

/**
 * The statements of a header, and where its rows begin. Lines end with LF, CRLF or CR, as the systems have them that
 * PLY files come from, mixed as well. Where all end with CR, LF is the first byte of what follows.
 */
function linesOf (text: string): { lines: string[], end: number } {
  const last = /[\r\n][ \t]*end_header[ \t]*(?:\r\n|\n|\r)/.exec(text) ?? refuse('The header does not end within its first 64 KiB.')
  const before = text.slice(0, last.index + 1)
  const isBare = last[0].endsWith('\r\n') && !before.includes('\n')
  const lines = before.split(/[\r\n]+/).slice(1)
  return { lines: lines.filter(line => line.trim() !== ''), end: last.index + last[0].length - (isBare ? 1 : 0) }
}

/**
 * Reads the header of a PLY file.
 * @throws {PlyError}
 */
export function readHeader (data: Buffer): Header {
  const text = data.toString('latin1', 0, LONGEST_HEADER)
  if (!/^ply\s/.test(text)) refuse('It is no PLY file.')
  const { lines, end } = linesOf(text)
  const draft: Draft = { elements: [] }
  for (const line of lines) {
    const [keyword = '', ...words] = wordsOf(line)
    const statement = statements.get(keyword) ?? refuse('The header has a line that PLY does not know.')
    statement(draft, words)
  }
  return { format: draft.format ?? refuse('The header states no format.'), elements: draft.elements, end }
}
