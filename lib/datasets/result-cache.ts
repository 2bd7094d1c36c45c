/** Results that were costly to make, the latest used ones, up to so many bytes. */
export interface ResultCache {
  /** The result of a key, made once for all who ask at the same time. */
  get: (key: string, make: () => Promise<Buffer>) => Promise<Buffer>
}

/** @param most bytes */
export function createResultCache (most: number): ResultCache {
  const kept = new Map<string, Buffer>()
  const running = new Map<string, Promise<Buffer>>()
  let bytes = 0

  const drop = (key: string): void => {
    bytes -= kept.get(key)?.length ?? 0
    kept.delete(key)
  }

  const keep = (key: string, result: Buffer): void => {
    drop(key)
    if (result.length > most / 2) return
    kept.set(key, result)
    bytes += result.length
    for (const oldest of kept.keys()) {
      if (bytes <= most) return
      drop(oldest)
    }
  }

  return {
    get: async (key, make) => {
      const known = kept.get(key)
      if (known) {
        kept.delete(key)
        kept.set(key, known)
        return known
      }
      const job = running.get(key) ?? make().finally(() => running.delete(key))
      running.set(key, job)
      const result = await job
      keep(key, result)
      return result
    }
  }
}
