import { readlinkSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'
import { basename } from 'node:path'

const NICER_BY = 10
const NICEST = 19

/**
 * Called in a worker thread, leaves the processor to the main thread whenever that has something to do: on Linux a
 * thread has a nice value of its own. Elsewhere it does nothing.
 */
export function workInBackground (): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), Math.min(getPriority() + NICER_BY, NICEST))
  } catch {
    // Without /proc, or where the container forbids it, it shares the processor as before.
  }
}
