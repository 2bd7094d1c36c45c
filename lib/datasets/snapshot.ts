import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rename } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { discard, isMissing } from './disk.js'
import { factsOf, summaryOf, type ScanFacts, type ScanSummary } from './index-entry.js'
import type { Fault } from './listing.js'
import { pace } from './pace.js'
import { packText, type PackedMetadata } from './packed-metadata.js'

/** A scan of the index as it is kept on disk; `packed` are its filesets, in parts. */
export interface Kept { summary: ScanSummary, packed: Iterable<string>, faults: Fault[] }

const FORMAT = 'guardcell-index-4'

/** Line breaks of Unicode, at which Node's readline ends a line as well from version 24 on. */
const separators = /[\u2028\u2029]/g
const escaped = (separator: string): string => separator === '\u2028' ? '\\u2028' : '\\u2029'

/** What no JSON begins with: base64 of packed metadata follows. */
const PACKED = '='

const keptText = (packed: PackedMetadata): string =>
  typeof packed === 'string' ? packed : PACKED + Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength).toString('base64')

/** A line of texts, none of which has a tab or a line break in it: facts and faults, metadata, parts of the filesets. */
function * lineOf ({ summary, packed, faults }: Kept): Generator<string> {
  yield `${JSON.stringify([factsOf(summary), faults])}\t${keptText(summary.packed)}`
  for (const part of packed) yield `\t${part}`
  yield '\n'
}

/** A part of a text would keep all of it in memory. */
const alone = (text: string): string => Buffer.from(text).toString()

const packedIn = (text: string): PackedMetadata => text.startsWith(PACKED) ? Buffer.from(text.slice(PACKED.length), 'base64') : packText(alone(text))

function keptIn (line: string): Kept {
  const [stated = '', metadata = '', ...packed] = line.split('\t')
  const [facts, faults] = JSON.parse(stated) as [ScanFacts, Fault[]]
  return { summary: summaryOf(facts, packedIn(metadata)), packed: packed.map(alone), faults }
}

const isOfDisk = (error: unknown): boolean => error instanceof Error && 'syscall' in error

/** Writes the index beside the data sets, as a whole: whoever reads finds the old or the new one. */
export async function writeSnapshot (path: string, temporary: string, scans: Iterable<Kept>): Promise<void> {
  const hash = createHash('sha256')
  const lines = async function * () {
    yield `${FORMAT}\n`
    for (const kept of scans) {
      for (const part of lineOf(kept)) {
        const text = part.replace(separators, escaped)
        hash.update(text)
        yield text
        await pace()
      }
    }
    yield `${hash.digest('hex')}\n`
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
  const hash = createHash('sha256')
  let first = true
  let last = ''
  try {
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
      if (first && line !== FORMAT) return []
      if (!first && last !== '') {
        hash.update(`${last}\n`)
        kept.push(keptIn(last))
      }
      last = first ? '' : line
      first = false
    }
  } catch (error) {
    // Whatever is wrong with it but the disk: it is a copy, and made anew.
    if (isMissing(error) || !isOfDisk(error)) return []
    throw error
  }
  return last === hash.digest('hex') ? kept : []
}
