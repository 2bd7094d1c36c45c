import { createReadStream, createWriteStream } from 'node:fs'
import { rename } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32 } from 'node:zlib'
import { discard, isMissing } from './disk.js'
import { factsOf, summaryOf, type ScanFacts, type ScanSummary } from './index-entry.js'
import type { Fault } from './listing.js'
import { pace } from './pace.js'
import { packText, type PackedMetadata } from './packed-metadata.js'

/** A scan of the index as it is kept on disk; `packed` are its filesets, in parts. */
export interface Kept { summary: ScanSummary, packed: Iterable<string>, faults: Fault[] }

const FORMAT = 'guardcell-index-4'
const TAB = 0x09
const NEWLINE = 0x0a
/** What no JSON begins with: base64 of packed metadata follows. */
const PACKED = '='
const EQUALS = 0x3d

const keptText = (packed: PackedMetadata): string =>
  typeof packed === 'string' ? packed : PACKED + Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength).toString('base64')

/** A line of texts, none of which has a tab or a line break in it: facts and faults, metadata, parts of the filesets. */
function * lineOf ({ summary, packed, faults }: Kept): Generator<string> {
  yield `${JSON.stringify([factsOf(summary), faults])}\t${keptText(summary.packed)}`
  for (const part of packed) yield `\t${part}`
  yield '\n'
}

/** The texts of a line, as bytes. */
function * partsOf (line: Buffer): Generator<Buffer> {
  for (let from = 0; from <= line.length;) {
    const tab = line.indexOf(TAB, from)
    const to = tab === -1 ? line.length : tab
    yield line.subarray(from, to)
    from = to + 1
  }
}

const packedIn = (part: Buffer): PackedMetadata =>
  part[0] === EQUALS ? Buffer.from(part.toString('latin1', PACKED.length), 'base64') : packText(part.toString())

function keptIn (line: Buffer): Kept {
  const [stated, metadata, ...packed] = partsOf(line)
  const [facts, faults] = JSON.parse(String(stated)) as [ScanFacts, Fault[]]
  return { summary: summaryOf(facts, packedIn(metadata ?? Buffer.alloc(0))), packed: packed.map(String), faults }
}

const isOfDisk = (error: unknown): boolean => error instanceof Error && 'syscall' in error

const CHUNK = 2 ** 20

/** The lines of a file, without their ends; what follows the last end is none. */
async function * linesOf (path: string): AsyncGenerator<Buffer> {
  let begun: Buffer[] = []
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK }) as AsyncIterable<Buffer>) {
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      const rest = chunk.subarray(from, end)
      yield begun.length === 0 ? rest : Buffer.concat([...begun, rest])
      begun = []
      from = end + 1
      await pace()
    }
    if (from < chunk.length) begun.push(chunk.subarray(from))
  }
}

const hex = (sum: number): string => sum.toString(16).padStart(8, '0')

/** Writes the index beside the data sets, as a whole: whoever reads finds the old or the new one. */
export async function writeSnapshot (path: string, temporary: string, scans: Iterable<Kept>): Promise<void> {
  const lines = async function * () {
    let sum = 0
    yield `${FORMAT}\n`
    for (const kept of scans) {
      for (const text of lineOf(kept)) {
        const bytes = Buffer.from(text)
        sum = crc32(bytes, sum)
        yield bytes
        await pace()
      }
    }
    yield `${hex(sum)}\n`
  }
  try {
    await pipeline(Readable.from(lines()), createWriteStream(temporary, { flags: 'wx' }))
    await rename(temporary, path)
  } catch (error) {
    await discard(temporary)
    throw error
  }
}

/**
 * Reads the index that an earlier run kept.
 * @returns nothing if there is none, or if it is not whole: it can be made anew
 */
export async function readSnapshot (path: string): Promise<Kept[]> {
  const kept: Kept[] = []
  let sum = 0
  let isFirst = true
  /** The last line is the checksum of those before it, so each waits for the next. */
  let last: Buffer | undefined
  try {
    for await (const line of linesOf(path)) {
      if (isFirst && line.toString() !== FORMAT) return []
      if (last) {
        sum = crc32('\n', crc32(last, sum))
        kept.push(keptIn(last))
      }
      last = isFirst ? undefined : line
      isFirst = false
    }
  } catch (error) {
    // Whatever is wrong with it but the disk: it is a copy, and made anew.
    if (isMissing(error) || !isOfDisk(error)) return []
    throw error
  }
  return last?.toString() === hex(sum) ? kept : []
}
