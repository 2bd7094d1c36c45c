import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { fail, Problem } from '../errors.js'
import { asProblem, codeOf, discardFile, Opened } from './disk.js'
import { letGo } from './reclaim.js'

/** A file that has arrived, as a temporary one. `digest` is base64 of its SHA-256. */
export interface Received { path: string, bytes: number, digest: string }

interface Limits { most: number, tooLarge: 'file_too_large' | 'archive_too_large' }

const cutShort = new Set(['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ECONNABORTED', 'EPIPE', 'ABORT_ERR'])

/**
 * Writes a stream to a temporary file and makes its bytes survive a crash of the machine.
 * @param announced how many bytes it says that it has, or 0
 * @throws `upload_incomplete`, `storage_full` or what `limits` says; nothing is left then
 */
export async function receive (content: Readable, path: string, limits: Limits, announced = 0): Promise<Received> {
  if (announced > limits.most) fail(limits.tooLarge)
  const hash = createHash('sha256')
  let bytes = 0
  let file: Opened | undefined
  try {
    file = new Opened(path, 'wx')
    for await (const chunk of content as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > limits.most) fail(limits.tooLarge)
      hash.update(chunk)
      await file.write(chunk)
      letGo(chunk.length)
    }
    await file.sync()
    return { path, bytes, digest: hash.digest('base64') }
  } catch (error) {
    discardFile(path)
    if (cutShort.has(codeOf(error))) throw new Problem('upload_incomplete', { cause: error })
    throw asProblem(error)
  } finally {
    file?.close()
  }
}
