import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { letGo } from './reclaim.js'

/** SHA-256 of whole files, in base64. */
export interface Digests {
  /**
   * Reads the file to its end, once for all who ask at the same time.
   * @param key tells one version of one file from all others
   */
  of: (key: string, handle: FileHandle) => Promise<string>
}

export function createDigests (): Digests {
  const running = new Map<string, Promise<string>>()
  const read = async (handle: FileHandle): Promise<string> => {
    const hash = createHash('sha256')
    for await (const chunk of handle.createReadStream({ start: 0, autoClose: false, highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
      hash.update(chunk)
      letGo(chunk.length)
    }
    return hash.digest('base64')
  }
  return {
    of: (key, handle) => {
      const known = running.get(key) ?? read(handle).finally(() => running.delete(key))
      running.set(key, known)
      return known
    }
  }
}
