// PLY files, written independently of the code under test.

export type Format = 'ascii' | 'binary_little_endian'

/** A column; `length` makes it a list. */
export interface Column { name: string, type: string, length?: string }
export type Cell = number | number[]
export interface Table { name: string, columns: Column[], rows: Cell[][] }

const writers: Record<string, [bytes: number, write: (view: DataView, value: number) => void]> = {
  char: [1, (view, value) => view.setInt8(0, value)],
  uchar: [1, (view, value) => view.setUint8(0, value)],
  short: [2, (view, value) => view.setInt16(0, value, true)],
  ushort: [2, (view, value) => view.setUint16(0, value, true)],
  int: [4, (view, value) => view.setInt32(0, value, true)],
  uint: [4, (view, value) => view.setUint32(0, value, true)],
  float: [4, (view, value) => view.setFloat32(0, value, true)],
  double: [8, (view, value) => view.setFloat64(0, value, true)]
}

/** The later names of the types. */
export const aliases: Record<string, string> = {
  int8: 'char', uint8: 'uchar', int16: 'short', uint16: 'ushort', int32: 'int', uint32: 'uint', float32: 'float', float64: 'double'
}

/** The bytes of numbers. */
export function bytes (type: string, ...values: number[]): Buffer {
  const [size, write] = writers[aliases[type] ?? type]!
  const data = Buffer.alloc(size * values.length)
  values.forEach((value, index) => write(new DataView(data.buffer, data.byteOffset + index * size, size), value))
  return data
}

/** A file of a header, whose lines are given, and what follows it. */
export const file = (format: string, lines: string[], ...body: Array<string | Buffer>): Buffer =>
  Buffer.concat([['ply', `format ${format} 1.0`, ...lines, 'end_header\n'].join('\n'), ...body].map(part => Buffer.from(part as Buffer)))

/** Lines of a header. */
export const element = (name: string, count: number | string, ...properties: string[]): string[] =>
  [`element ${name} ${count}`, ...properties.map(property => `property ${property}`)]

export const points = (count: number | string, type = 'float'): string[] =>
  element('vertex', count, `${type} x`, `${type} y`, `${type} z`)

const propertyOf = ({ name, type, length }: Column): string => `${length === undefined ? '' : `list ${length} `}${type} ${name}`

const textOf = (_column: Column, cell: Cell): string => Array.isArray(cell) ? [cell.length, ...cell].join(' ') : `${cell}`

const bytesOf = ({ type, length }: Column, cell: Cell): Buffer =>
  Array.isArray(cell) ? Buffer.concat([bytes(length!, cell.length), bytes(type, ...cell)]) : bytes(type, cell)

/** A file that holds the tables. */
export function write (format: Format, tables: Table[]): Buffer {
  const header = tables.flatMap(({ name, columns, rows }) => element(name, rows.length, ...columns.map(propertyOf)))
  const cells = <T>(encode: (column: Column, cell: Cell) => T): T[][] =>
    tables.flatMap(({ columns, rows }) => rows.map(row => columns.map((column, index) => encode(column, row[index]!))))
  return format === 'ascii'
    ? file(format, header, cells(textOf).map(row => `${row.join(' ')}\n`).join(''))
    : file(format, header, ...cells(bytesOf).flat())
}

/** A binary file of random points. */
export function randomCloud (count: number): Buffer {
  const values = Buffer.alloc(12 * count)
  for (let at = 0; at < values.length; at += 4) values.writeFloatLE(Math.random() * 100, at)
  return file('binary_little_endian', points(count), values)
}
