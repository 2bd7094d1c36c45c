const WIDTH = 8

/**
 * Works on a few items at a time. The first failure, or the signal, stops the others; once all have come to
 * rest it is thrown.
 */
export async function together<T> (items: Iterable<T>, work: (item: T, signal: AbortSignal) => Promise<void>, outer?: AbortSignal): Promise<void> {
  const failure = new AbortController()
  const signal = AbortSignal.any(outer ? [outer, failure.signal] : [failure.signal])
  const waiting = items[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    // Each takes the next one when it is done with one, so that what waits takes no time and no memory.
    for (let next = waiting.next(); !next.done && !signal.aborted; next = waiting.next()) {
      await work(next.value, signal).catch((error: unknown) => failure.abort(error))
    }
  }
  await Promise.all(Array.from({ length: WIDTH }, worker))
  signal.throwIfAborted()
}
