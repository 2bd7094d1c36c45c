import type { FileHandle } from 'node:fs/promises'
import { RandomAccessReader } from 'yauzl'

/**
 * An open file as yauzl reads it. Places that an archive names need not be in it: yauzl hands them on
 * unchecked, and one beyond 2^53 would throw where nobody can catch it.
 */
export class Source extends RandomAccessReader {
  readonly #handle: FileHandle
  readonly #size: number

  constructor (handle: FileHandle, size: number) {
    super()
    this.#handle = handle
    this.#size = size
  }

  override read (buffer: Buffer, offset: number, length: number, position: number, callback: (error: Error | null, bytesRead?: number) => void): void {
    if (position + length > this.#size) return callback(new Error('it points beyond its end'))
    this.#handle.read(buffer, offset, length, position).then(({ bytesRead }) => callback(null, bytesRead), callback)
  }
}

const chunk = 64 * 1024

/** The bytes from `start` until before `end`. A stream of Node would close the file when it is destroyed. */
export async function * bytesOf (handle: FileHandle, start: number, end: number): AsyncGenerator<Buffer, void> {
  for (let position = start; position < end;) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(Math.min(chunk, end - position)), { position })
    if (bytesRead === 0) throw new Error('it ends too early')
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}
