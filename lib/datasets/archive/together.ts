import pLimit from 'p-limit'

const width = 8

/**
 * Works on a few items at a time. The first failure, or the signal, stops the others; once all have come to
 * rest it is thrown.
 */
export async function together<T> (items: Iterable<T>, work: (item: T, signal: AbortSignal) => Promise<void>, outer?: AbortSignal): Promise<void> {
  const failure = new AbortController()
  const signal = AbortSignal.any(outer ? [outer, failure.signal] : [failure.signal])
  const attempt = async (item: T): Promise<void> => {
    if (signal.aborted) return
    await work(item, signal).catch((error: unknown) => failure.abort(error))
  }
  await pLimit(width).map(items, attempt)
  signal.throwIfAborted()
}
