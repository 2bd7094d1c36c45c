import { crc32, deflateRawSync } from 'node:zlib'

/** An entry as it shall be written; what is not given is right. */
export interface Crafted {
  name: string | Buffer
  data?: string | Buffer
  deflate?: boolean
  method?: number
  flags?: number
  /** Unix mode with the kind of file. */
  mode?: number
  crc?: number
  size?: number
  packed?: number
  /** Where the local header is said to be. */
  offset?: number
  /** Bytes after the data that count as packed. */
  tail?: Buffer
}

export interface EndRecord { count?: number, directorySize?: number, directoryOffset?: number, comment?: string }

const u16 = (value: number): Buffer => { const b = Buffer.alloc(2); b.writeUInt16LE(value); return b }
const u32 = (value: number): Buffer => { const b = Buffer.alloc(4); b.writeUInt32LE(value >>> 0); return b }

/** A ZIP by hand, which may lie (APPNOTE 4.3). */
export function craft (entries: readonly Crafted[], end: EndRecord = {}): Buffer {
  const local: Buffer[] = []
  const central: Buffer[] = []
  let at = 0
  for (const entry of entries) {
    const name = Buffer.from(entry.name as string)
    const data = Buffer.from(entry.data as string ?? '')
    const body = Buffer.concat([entry.deflate ? deflateRawSync(data) : data, entry.tail ?? Buffer.alloc(0)])
    const common = Buffer.concat([u16(20), u16(entry.flags ?? 0), u16(entry.method ?? (entry.deflate ? 8 : 0)), u16(0), u16(0x21),
      u32(entry.crc ?? crc32(data)), u32(entry.packed ?? body.length), u32(entry.size ?? data.length), u16(name.length), u16(0)])
    local.push(u32(0x04034b50), common, name, body)
    central.push(u32(0x02014b50), u16(0x031e), common, u16(0), u16(0), u16(0), u32((entry.mode ?? 0) * 0x10000), u32(entry.offset ?? at), name)
    at += 30 + name.length + body.length
  }
  const directory = Buffer.concat(central)
  const comment = Buffer.from(end.comment ?? '')
  const count = end.count ?? entries.length
  return Buffer.concat([...local, directory, u32(0x06054b50), u16(0), u16(0), u16(count), u16(count),
    u32(end.directorySize ?? directory.length), u32(end.directoryOffset ?? at), u16(comment.length), comment])
}

/** A `files.json` of one fileset `images` with the given files. */
export const listing = (...files: string[]): string =>
  JSON.stringify({ filesets: [{ id: 'images', files: files.map(file => ({ id: file.replace(/\..*/, ''), file })) }] })

/** A right scan of one image. */
export const scan = (): Crafted[] => [
  { name: 'files.json', data: listing('a.jpg') },
  { name: 'images/a.jpg', data: 'picture' },
  { name: 'metadata/metadata.json', data: '{"owner":"ada"}' }
]
