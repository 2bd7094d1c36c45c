import type { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Collects what became garbage of late, a millisecond or a few; `gc` is there in contexts that are made while the flag is set. */
const collectYoung = (() => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as (options: { type: 'minor' }) => void
  setFlagsFromString('--no-expose-gc')
  return () => gc({ type: 'minor' })
})()

const EVERY = 16 * 2 ** 20

let passed = 0

/**
 * Says that so many bytes came through buffers that nobody needs any more. Node 24 lets 64 MiB of them lie, whose
 * number the heap does not show, and goes through all the memory there is then; asked for every 16 MiB, they go
 * sooner and for less.
 */
export function letGo (bytes: number): void {
  passed += bytes
  if (passed < EVERY) return
  passed = 0
  collectYoung()
}

/** Has the buffers of a stream go as it is read. It is paused first, since listening would set it going. */
export const lettingGo = <T extends Readable>(stream: T): T =>
  stream.pause().on('data', (chunk: Buffer) => letGo(chunk.length))
