import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'
import t from 'tap'
import { fromBufferPromise, fromRandomAccessReaderPromise, RandomAccessReader, type Entry } from 'yauzl'
import type { ZipEntry } from '#lib/datasets/archive/zip-records.js'
import { zipLength, zipOf } from '#lib/datasets/archive/zip.js'

const modified = new Date('2024-02-29T12:34:57Z')
const file = (path: string, size: number, time = modified): ZipEntry => ({ path, size, modified: time, isFolder: false })
const folder = (path: string): ZipEntry => ({ path, size: 4096, modified, isFolder: true })
const pace = async (): Promise<void> => {}

const made = async (contents: Record<string, string>, entries: ZipEntry[]): Promise<Buffer> => {
  const zip = await buffer(Readable.from(zipOf(entries, ({ path }) => Readable.from(contents[path] === '' ? [] : [Buffer.from(contents[path]!)]), pace)))
  t.equal(zip.length, await zipLength(entries, pace), 'the length is foretold to the byte')
  return zip
}

t.test('another reader finds names, times, modes, checksums and contents as they were', async t => {
  const contents = { 'a.txt': 'content', 'öä/ü-€-🌱.txt': 'more', 'empty.txt': '' }
  const entries = [...Object.entries(contents).map(([path, text]) => file(path, Buffer.byteLength(text))), folder('nothing')]
  const reader = await fromBufferPromise(await made(contents, entries))
  const found: Record<string, unknown> = {}
  for await (const entry of reader.eachEntry()) {
    const text = entry.fileName.endsWith('/') ? undefined : (await buffer(await reader.openReadStreamPromise(entry))).toString()
    found[entry.fileName] = text
    t.equal(entry.getLastModDate().getTime(), modified.getTime(), 'to the second')
    t.equal(entry.crc32, crc32(text ?? ''))
    t.equal(entry.externalFileAttributes >>> 16, text === undefined ? 0o040755 : 0o100644)
  }
  t.strictSame(found, { ...contents, 'nothing/': undefined })
})

t.test('unzip finds it right', { skip: !existsSync('/usr/bin/unzip') && 'it is not installed' }, async t => {
  const path = join(t.testdir(), 'x.zip')
  writeFileSync(path, await made({ 'a.txt': 'content', 'empty.txt': '' }, [file('a.txt', 7), file('empty.txt', 0), folder('nothing')]))
  t.match(execFileSync('unzip', ['-t', path], { encoding: 'utf8' }), 'No errors detected')
  t.match(execFileSync('unzip', ['-Z', '-T', path], { encoding: 'utf8', env: { TZ: 'UTC' } }), '20240229.123457')
})

t.test('times that ZIP cannot say become the nearest', async t => {
  const times = [new Date('1969-01-01'), new Date('1975-06-01'), new Date('2200-01-01')]
  const entries = times.map((time, i) => file(`${i}`, 1, time))
  const seconds: number[] = []
  for await (const entry of (await fromBufferPromise(await made({ 0: 'x', 1: 'x', 2: 'x' }, entries))).eachEntry()) seconds.push(entry.getLastModDate().getTime() / 1000)
  t.strictSame(seconds, [0, times[1]!.getTime() / 1000, 2 ** 31 - 1])
})

t.test('a file that is longer or shorter than was said ends it, before a byte too many', async t => {
  const content = [Buffer.alloc(100_000), Buffer.alloc(100_000)]
  for (const size of [150_000, 200_001]) {
    let passed = 0
    const read = async (): Promise<void> => {
      for await (const block of zipOf([file('a', size)], () => Readable.from(content), pace)) passed += block.length
    }
    await t.rejects(read(), { message: 'a has changed while it was archived' })
    t.ok(passed > 100_000 && passed < 100_100 + Math.max(0, size - 150_000) * 2, `${passed} bytes`)
  }
})

t.test('as many entries as the old format can count, and one more', async t => {
  for (const count of [65_534, 65_535, 65_536]) {
    const entries = Array.from({ length: count }, (_, i) => folder(`${i}`))
    const zip = await made({}, entries)
    t.equal(zip.includes('PK\x06\x06', undefined, 'latin1'), count >= 65_535)
    t.equal((await fromBufferPromise(zip)).entryCount, count)
  }
})

/** Where an archive is but for the long run of zeros in it. */
class Sparse extends RandomAccessReader {
  readonly kept: Array<{ at: number, bytes: Buffer }> = []

  override _readStreamForRange (from: number, to: number): Readable {
    const bytes = Buffer.alloc(to - from)
    for (const { at, bytes: some } of this.kept) {
      const start = Math.max(from, at)
      const end = Math.min(to, at + some.length)
      if (start < end) some.copy(bytes, start - from, start - at, end - at)
    }
    return Readable.from([bytes])
  }
}

t.test('files and offsets of 4 GiB and more', async t => {
  const block = Buffer.alloc(64 * 2 ** 20)
  const zeros = function * (size: number): Generator<Buffer> {
    for (let left = size; left > 0; left -= block.length) yield block.subarray(0, left)
  }
  const entries = [file('large', 2 ** 32 + 5), file('after', 3), folder('last')]
  const reader = new Sparse()
  let at = 0
  for await (const bytes of zipOf(entries, ({ path, size }) => Readable.from(path === 'large' ? zeros(size) : [Buffer.from('abc')]), pace)) {
    // The header before the zeros is in their first block.
    for (const piece of [bytes.subarray(0, 200), ...bytes.length > 200 ? [bytes.subarray(-2000)] : []]) reader.kept.push({ at: piece === bytes ? at : piece.byteOffset - bytes.byteOffset + at, bytes: Buffer.from(piece) })
    at += bytes.length
  }
  t.equal(at, await zipLength(entries, pace))

  const zip = await fromRandomAccessReaderPromise(reader, at, { autoClose: false })
  const found: Entry[] = []
  for await (const entry of zip.eachEntry()) found.push(entry)
  t.strictSame(found.map(({ fileName, uncompressedSize, compressedSize }) => [fileName, uncompressedSize, compressedSize]), [['large', 2 ** 32 + 5, 2 ** 32 + 5], ['after', 3, 3], ['last/', 0, 0]])
  t.ok(found[1]!.relativeOffsetOfLocalHeader > 2 ** 32)
  t.equal((await buffer(await zip.openReadStreamPromise(found[1]!))).toString(), 'abc')
})
