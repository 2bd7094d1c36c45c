import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

const attempt = (read: () => string): string => {
  try {
    return read().trim()
  } catch {
    return ''
  }
}

/** When a process began, in ticks of the machine; tells it from a later one with the same number. */
const startOf = (pid: number): string =>
  attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ')[19] ?? ''

/** The machine, this run of it, and the namespace in which process numbers mean something. */
const here = createHash('sha256').update([
  hostname(),
  attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
  attempt(() => readlinkSync('/proc/self/ns/pid'))
].join('|')).digest('hex').slice(0, 12)

/** A name for this process that no other one has had: machine, number, beginning, and chance. */
export const createReplicaId = (): string =>
  [here, process.pid, startOf(process.pid), randomBytes(6).toString('hex')].join('-')

/**
 * Whether the process of a replica is gone.
 * @returns undefined if it ran elsewhere, so that this machine cannot tell
 */
export function isGone (replica: string): boolean | undefined {
  const [place, number, start] = replica.split('-')
  const pid = Number(number)
  if (place !== here || !(pid > 0)) return undefined
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true
  }
  return startOf(pid) !== start
}
